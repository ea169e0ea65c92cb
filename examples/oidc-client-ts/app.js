// A single-page application with oidc-client-ts (https://github.com/authts/oidc-client-ts): a public client with PKCE.
const { issuer, client_id } = await (await fetch('/config.json')).json()
const { UserManager, WebStorageStateStore, ErrorResponse } = window.oidc

const manager = new UserManager({
  authority: issuer,
  client_id,
  redirect_uri: `${location.origin}/retorno`,
  post_logout_redirect_uri: `${location.origin}/`,
  scope: 'openid profile inscricao procuracao offline_access',
  filterProtocolClaims: false,
  automaticSilentRenew: false, // here a button does it
  revokeTokensOnSignout: true,
  userStore: new WebStorageStateStore({ store: sessionStorage }), // of this tab, and gone with it
})

const element = (id) => document.getElementById(id)
const begin = (more = {}) => manager.signinRedirect({ nonce: crypto.randomUUID(), ...more })

// What is kept of a person is kept by person AND inscrição, never by sub alone.
const key = ({ sub, inscricao }) => `${sub} ${inscricao.uf}:${inscricao.numero}`

function show(user, userinfo = null) {
  element('entrar').hidden = Boolean(user)
  element('dentro').hidden = !user
  element('estado').textContent = user
    ? `${user.profile.titular.nome} em nome de ${user.profile.inscricao.razao_social}`
    : 'Ninguém entrou.'
  const shown = user && { claims: user.profile, userinfo, visits: Number(localStorage.getItem(key(user.profile))) }
  element('dados').textContent = user ? JSON.stringify(shown, null, 2) : ''
}

async function userinfo(user) {
  const metadata = await (await fetch(`${issuer}/.well-known/openid-configuration`)).json()
  const answer = await fetch(metadata.userinfo_endpoint, { headers: { Authorization: `Bearer ${user.access_token}` } })
  if (answer.status === 401) await manager.removeUser() // the right to act has ended, or the login has
  if (!answer.ok) throw new Error(`userinfo: ${answer.status}`)
  const claims = await answer.json()
  if (claims.sub !== user.profile.sub) throw new Error('userinfo is about somebody else')
  return claims
}

function button(id, act) {
  element(id).addEventListener('click', async () => {
    element('erro').textContent = ''
    try {
      await act(await manager.getUser())
    } catch (error) {
      if (error instanceof ErrorResponse && error.error === 'invalid_grant') await manager.removeUser()
      element('erro').textContent = error.error ?? error.message
      show(await manager.getUser())
    }
  })
}

button('entrar', () => begin())
button('trocar', () => begin({ prompt: 'select_account' }))
button('ciencia', () =>
  begin({
    prompt: 'select_account',
    extraQueryParams: {
      authorization_details: JSON.stringify([{ type: 'sefaz_representacao', actions: ['dte.dar_ciencia'] }]),
    },
  }),
)
button('consultar', async (user) => show(user, await userinfo(user)))
button('renovar', async () => show(await manager.signinSilent())) // by the refresh token
button('sair', () => manager.signoutRedirect())

try {
  if (location.pathname === '/retorno') {
    const { profile } = await manager.signinRedirectCallback()
    localStorage.setItem(key(profile), Number(localStorage.getItem(key(profile))) + 1)
    history.replaceState(null, '', '/') // the code does not stay in the address
  }
} catch (error) {
  element('erro').textContent = error.error ?? error.message
}
show(await manager.getUser())
