// oidc-provider with its OID4VCI feature over https on loopback: `node issuer.mjs SETTINGS.json`. It writes two offers.
import fs from 'node:fs';
import https from 'node:https';
import { createHash, randomBytes } from 'node:crypto';
import * as jose from 'jose';
import { Provider } from 'oidc-provider';

const settings = JSON.parse(fs.readFileSync(process.argv[2]));
const GRANT = 'urn:ietf:params:oauth:grant-type:pre-authorized_code';
const VCT = 'https://credentials.example/person';
const endpoint = `${settings.issuer}/credential`;
const key = await jose.importJWK(settings.key_jwk, 'ES256');
const attester = await jose.importJWK(settings.attester_jwk, 'ES256');

// The library checks the request and the proof; what is issued is its operator's own.
async function credential(jwk) {
  const made = { given_name: 'Test', family_name: 'Person' };
  const disclosures = Object.entries(made).map(([name, value]) =>
    Buffer.from(JSON.stringify([randomBytes(16).toString('base64url'), name, value])).toString('base64url'));
  const digests = disclosures.map((each) => createHash('sha256').update(each).digest('base64url')).sort();
  const token = await new jose.SignJWT({ iss: settings.issuer, vct: VCT, cnf: { jwk }, _sd_alg: 'sha-256', _sd: digests })
    .setProtectedHeader({ alg: 'ES256', kid: 'issuer', typ: 'dc+sd-jwt' }).setIssuedAt().setExpirationTime('1d').sign(key);
  return [token, ...disclosures, ''].join('~');
}

const provider = new Provider(settings.issuer, {
  clients: [{
    client_id: 'wallet', token_endpoint_auth_method: 'attest_jwt_client_auth', grant_types: [GRANT, 'authorization_code'],
    response_types: ['code'], redirect_uris: ['https://wallet.example/callback'],
  }],
  jwks: { keys: [settings.key_jwk] },
  findAccount: (_, id) => ({ accountId: id, claims: async () => ({ sub: id }) }),
  cookies: { keys: ['x'] },
  scopes: ['person'],
  clientAuthMethods: ['attest_jwt_client_auth'],
  pkce: { required: () => true },
  enabledJWA: { idTokenSigningAlgValues: ['ES256'] },
  clientDefaults: { id_token_signed_response_alg: 'ES256' },
  routes: { credential: '/credential' },
  features: {
    devInteractions: { enabled: true },
    dPoP: { enabled: true, nonceSecret: randomBytes(32) },
    attestClientAuth: {
      enabled: true, ack: 'draft-12', challengeSecret: randomBytes(32), getAttestationSignaturePublicKey: async () => attester,
    },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => endpoint,
      useGrantedResource: () => true,
      getResourceServerInfo: () => ({ scope: 'person', audience: endpoint, accessTokenFormat: 'opaque' }),
    },
    openid4vci: {
      enabled: true,
      ack: 'experimental-01',
      nonceSecret: randomBytes(32),
      preAuthorizedCodeGrant: true,
      metadata: { batch_credential_issuance: { batch_size: 3 } },
      getKeyAttestationSignaturePublicKey: async () => attester,
      credentialConfigurationsSupported: {
        person: {
          format: 'dc+sd-jwt', vct: VCT, scope: 'person', cryptographic_binding_methods_supported: ['jwk'],
          credential_signing_alg_values_supported: ['ES256'],
          proof_types_supported: { jwt: { proof_signing_alg_values_supported: ['ES256'] } },
        },
      },
      issueCredential: async (_, { proofs }) => {
        const keys = proofs.jwt.map((proof) => jose.decodeProtectedHeader(proof).jwk);
        return { credentials: await Promise.all(keys.map(async (jwk) => ({ credential: await credential(jwk) }))) };
      },
    },
  },
});

const client = await provider.Client.find('wallet');
for (const place of [settings.offer, settings.spare]) {
  const grant = new provider.Grant({ accountId: 'user', clientId: 'wallet' });
  grant.addResourceScope(endpoint, 'person');
  const grantId = await grant.save();
  const code = await new provider.PreAuthorizedCode({
    client, clientId: 'wallet', accountId: 'user', grantId, scope: 'person', resource: endpoint, txCode: settings.tx_code,
  }).save();
  fs.writeFileSync(place, JSON.stringify({
    credential_issuer: settings.issuer,
    credential_configuration_ids: ['person'],
    grants: { [GRANT]: { 'pre-authorized_code': code, tx_code: {} } },
  }));
}

const { d, ...published } = settings.key_jwk;
const handle = provider.callback();
https.createServer({ cert: fs.readFileSync(settings.certificate), key: fs.readFileSync(settings.key) }, (request, response) => {
  if (request.url !== '/.well-known/jwt-vc-issuer') return handle(request, response);
  response.setHeader('content-type', 'application/json');
  return response.end(JSON.stringify({ issuer: settings.issuer, jwks: { keys: [published] } }));
}).listen(settings.port, '127.0.0.1');
