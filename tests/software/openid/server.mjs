// oidc-provider over https on loopback: `node server.mjs SETTINGS.json`. One user, the provider's own development pages.
// Where clients have certificates (`mtls`), plain http behind nginx, which hands them over in header fields; or, with
// `authorities`, a second listener of its own, which hangs up on whoever has none of theirs.
import fs from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { randomBytes } from 'node:crypto';
import { Provider } from 'oidc-provider';

const settings = JSON.parse(fs.readFileSync(process.argv[2]));
const high = settings.mode === 'fapi';
const { mtls } = settings;
const algs = high ? ['PS256', 'ES256', 'EdDSA'] : ['RS256', 'PS256', 'ES256'];
const person = { name: 'Test Person', given_name: 'Test', family_name: 'Person', birthdate: '1990-02-03' };

// As the provider's own documentation has it; `unchecked` leaves out what it says to check.
function certificates({ method, unchecked, authorities }) {
  const peer = (ctx) => ctx.socket.getPeerX509Certificate?.();
  return {
    enabled: true,
    certificateBoundAccessTokens: true,
    tlsClientAuth: method === 'tls_client_auth',
    selfSignedTlsClientAuth: method === 'self_signed_tls_client_auth',
    getCertificate: (ctx) => (authorities ? peer(ctx) : decodeURIComponent(ctx.get('ssl-client-cert')) || undefined),
    certificateAuthorized: (ctx) =>
      unchecked || (authorities ? ctx.socket.authorized : ctx.get('ssl-client-verify') === 'SUCCESS'),
    certificateSubjectMatches: (ctx, property, expected) =>
      unchecked || (property === 'tls_client_auth_subject_dn'
        && (authorities ? peer(ctx).subject : ctx.get('ssl-client-s-dn')) === expected),
  };
}

const provider = new Provider(settings.issuer, {
  clients: settings.clients,
  jwks: settings.jwks,
  acrValues: settings.acrValues,
  findAccount: (_, id) => ({ accountId: id, claims: async () => ({ sub: id, ...person }) }),
  claims: {
    openid: ['sub'],
    profile: ['name', 'given_name', 'family_name', 'birthdate'],
    acr: null,
    auth_time: null,
    amr: null,
  },
  cookies: { keys: [randomBytes(16).toString('hex')] },
  responseTypes: ['code'],
  pkce: { required: () => true },
  clientAuthMethods: mtls ? [mtls.method] : high ? ['private_key_jwt'] : ['client_secret_basic', 'client_secret_post', 'private_key_jwt'],
  ttl: {
    AccessToken: 300, AuthorizationCode: 60, Grant: 3600, IdToken: 300, Interaction: 600, Session: 3600,
    PushedAuthorizationRequest: 60,
  },
  features: {
    devInteractions: { enabled: true },
    introspection: {
      enabled: true,
      allowedPolicy: (_, client, token) => token.clientId === client.clientId,
    },
    revocation: { enabled: true },
    claimsParameter: { enabled: true },
    userinfo: { enabled: true },
    resourceIndicators: { enabled: false },
    pushedAuthorizationRequests: { enabled: high, requirePushedAuthorizationRequests: high },
    dPoP: { enabled: high && !mtls, ...(high ? { nonceSecret: randomBytes(32), requireNonce: () => settings.nonces } : {}) },
    ...(high ? { fapi: { enabled: true, profile: '2.0' } } : {}),
    ...(mtls ? { mTLS: certificates(mtls) } : {}),
  },
  enabledJWA: {
    idTokenSigningAlgValues: algs,
    userinfoSigningAlgValues: algs,
    requestObjectSigningAlgValues: algs,
    introspectionSigningAlgValues: algs,
    authorizationSigningAlgValues: algs,
    clientAuthSigningAlgValues: algs,
    ...(high && !mtls ? { dPoPSigningAlgValues: algs } : {}),
  },
  ...(mtls?.aliases ? { discovery: { mtls_endpoint_aliases: mtls.aliases } } : {}),
});

// The development pages know no levels: what was asked for is what comes.
const result = provider.interactionResult.bind(provider);
provider.interactionResult = async (request, response, outcome, options) => {
  if (outcome.login) {
    const { params } = await provider.interactionDetails(request, response);
    const { values = [] } = JSON.parse(params.claims ?? '{}').id_token?.acr ?? {};
    const wanted = [...values, ...(params.acr_values ?? '').split(' ')];
    outcome.login.acr = wanted.find((value) => settings.acrValues.includes(value)) ?? settings.acrValues[0];
    outcome.login.amr = ['pwd'];
  }
  return result(request, response, outcome, options);
};

if (mtls && !mtls.authorities) {
  provider.proxy = true;
  http.createServer(provider.callback()).listen(mtls.backend, '127.0.0.1');
} else {
  const options = { cert: fs.readFileSync(settings.certificate), key: fs.readFileSync(settings.key) };
  const handle = provider.callback();
  const serve = (more, port) => https
    .createServer({ ...options, ...more }, (request, response) => {
      response.setHeader('Strict-Transport-Security', 'max-age=63072000');
      handle(request, response);
    })
    .listen(port, '127.0.0.1');
  serve({}, settings.port);
  if (mtls) serve({ ca: mtls.authorities, requestCert: true, rejectUnauthorized: true }, mtls.second);
}
