// A relying party with openid-client (https://github.com/panva/openid-client): node server.js
import { randomBytes, webcrypto } from 'node:crypto'
import { createServer } from 'node:http'

globalThis.crypto ??= webcrypto // Node 18 has it under this name only
const client = await import('openid-client')

const { ISSUER, CLIENT_ID, CLIENT_SECRET, PORT = '9000' } = process.env
const origin = `http://127.0.0.1:${PORT}`
const config = await client.discovery(new URL(ISSUER), CLIENT_ID, {}, client.ClientSecretBasic(CLIENT_SECRET))

// In memory, for the example. What is kept of a person is kept by person AND inscrição, never by sub alone.
const sessions = new Map()
const visits = new Map()
const key = ({ sub, inscricao }) => `${sub} ${inscricao.uf}:${inscricao.numero}`

async function begin(session, more = {}) {
  session.pending = {
    pkceCodeVerifier: client.randomPKCECodeVerifier(),
    expectedState: client.randomState(),
    expectedNonce: client.randomNonce(),
  }
  return client.buildAuthorizationUrl(config, {
    redirect_uri: `${origin}/retorno`,
    scope: 'openid profile inscricao procuracao offline_access',
    state: session.pending.expectedState,
    nonce: session.pending.expectedNonce,
    code_challenge: await client.calculatePKCECodeChallenge(session.pending.pkceCodeVerifier),
    code_challenge_method: 'S256',
    ...more,
  })
}

function signedIn(tokens, before = {}) {
  return { claims: tokens.claims(), tokens: { ...before.tokens, ...tokens } }
}

// What each page and button does: an address to go to, or undefined to show the page again.
const routes = {
  'GET /entrar': ({ session }) => begin(session),
  'GET /trocar': ({ session }) => begin(session, { prompt: 'select_account' }),
  'GET /ciencia': ({ session }) =>
    begin(session, {
      prompt: 'select_account',
      authorization_details: JSON.stringify([{ type: 'sefaz_representacao', actions: ['dte.dar_ciencia'] }]),
    }),
  'GET /retorno': async ({ session, url, renew }) => {
    const { pending } = session
    delete session.pending
    if (!pending) throw new Error('no login was begun in this browser')
    const tokens = await client.authorizationCodeGrant(config, url, { ...pending, idTokenExpected: true })
    const login = signedIn(tokens)
    visits.set(key(login.claims), (visits.get(key(login.claims)) ?? 0) + 1)
    renew(login)
  },
  'POST /consultar': async ({ session }) => {
    session.userinfo = await client.fetchUserInfo(config, session.tokens.access_token, session.claims.sub)
  },
  'POST /renovar': async ({ session }) => {
    const tokens = await client.refreshTokenGrant(config, session.tokens.refresh_token)
    Object.assign(session, signedIn(tokens, session), { userinfo: undefined })
  },
  'POST /sair': ({ session, end }) => {
    end()
    return client.buildEndSessionUrl(config, {
      id_token_hint: session.tokens.id_token,
      post_logout_redirect_uri: `${origin}/`,
    })
  },
}

function page(session) {
  if (!session.claims) return '<a href="/entrar">Entrar com certificado digital</a>'
  const { titular, inscricao } = session.claims
  const shown = { claims: session.claims, userinfo: session.userinfo, visits: visits.get(key(session.claims)) }
  return `<h1>${escape(titular.nome)} em nome de ${escape(inscricao.razao_social)}</h1>
    <pre id="dados">${escape(JSON.stringify(shown, null, 2))}</pre>
    <a href="/trocar">Trocar inscrição</a> <a href="/ciencia">Dar ciência</a>
    <form method="post">
      <button formaction="/consultar">Consultar</button>
      <button formaction="/renovar">Renovar</button>
      <button formaction="/sair">Sair</button>
    </form>`
}

const escape = (text) => String(text).replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`)

createServer(async (request, response) => {
  const url = new URL(request.url, origin)
  let id = /(?:^|; )sessao=([\w-]+)/.exec(request.headers.cookie ?? '')?.[1]
  if (!sessions.has(id)) sessions.set((id = randomBytes(24).toString('base64url')), {})
  const end = () => sessions.delete(id)
  const renew = (login) => {
    end() // a session that signs in gets a new name
    sessions.set((id = randomBytes(24).toString('base64url')), login)
  }
  const session = sessions.get(id)
  const route = routes[`${request.method} ${url.pathname}`]
  let status = url.pathname === '/' || route ? 200 : 404
  let body = ''
  try {
    const target = await route?.({ session, url, renew, end })
    if (route) response.setHeader('Location', String(target ?? '/'))
    if (route) status = 303
    else body = page(session)
  } catch (error) {
    console.error(error)
    // The right to act has ended, or the login has: what was signed in is so no longer.
    if (error.error === 'invalid_grant' || error.status === 401) end()
    status = 400
    body = `<p id="erro">${escape(error.error ?? error.code ?? error.name)}</p><a href="/entrar">Entrar de novo</a>`
  }
  response.setHeader('Set-Cookie', `sessao=${id}; HttpOnly; SameSite=Lax; Path=/`) // and Secure, on https
  response.writeHead(status, { 'Content-Type': 'text/html; charset=utf-8', 'Cache-Control': 'no-store' })
  response.end(`<!doctype html><html lang="pt-BR"><title>Exemplo</title><main>${body}</main></html>`)
}).listen(Number(PORT), '127.0.0.1', () => console.log(`listening on ${origin}`))
