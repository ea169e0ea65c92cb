// Four files and two settings, for the browser: node server.js
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'

const { ISSUER, CLIENT_ID, PORT = '9000' } = process.env
const origin = `http://127.0.0.1:${PORT}`
const here = (name) => readFile(new URL(name, import.meta.url))
const page = [await here('index.html'), 'text/html; charset=utf-8']
const files = {
  '/': page,
  '/retorno': page,
  '/app.js': [await here('app.js'), 'text/javascript'],
  '/oidc-client-ts.min.js': [
    await here('node_modules/oidc-client-ts/dist/browser/oidc-client-ts.min.js'),
    'text/javascript',
  ],
  '/config.json': [JSON.stringify({ issuer: ISSUER, client_id: CLIENT_ID }), 'application/json'],
}

createServer((request, response) => {
  const [body, type] = files[new URL(request.url, origin).pathname] ?? ['', 'text/plain']
  response.writeHead(body ? 200 : 404, {
    'Content-Type': type,
    'Cache-Control': 'no-store',
    // Tokens are within reach of every script of this page: let there be no other.
    'Content-Security-Policy': `default-src 'none'; script-src 'self'; connect-src 'self' ${ISSUER}; base-uri 'none'`,
    'Referrer-Policy': 'no-referrer',
    'X-Content-Type-Options': 'nosniff',
  })
  response.end(body)
}).listen(Number(PORT), '127.0.0.1', () => console.log(`listening on ${origin}`))
