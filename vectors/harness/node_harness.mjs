// An example of a harness: the npm package jose, asked through standard input and output.
// npm install jose; then `command = ["node", "vectors/harness/node_harness.mjs"]` in a manifest.
// A refusal by the library is `rejected`, every other exception `error`: a crash must not look like a refusal.
import { createHash } from 'node:crypto';
import { createInterface } from 'node:readline';
import * as jose from 'jose';

// What the library says of its reason, where it does; `invalid` elsewhere.
const CODES = {
  ERR_JWS_SIGNATURE_VERIFICATION_FAILED: 'signature',
  ERR_JOSE_ALG_NOT_ALLOWED: 'algorithm',
  ERR_JWKS_NO_MATCHING_KEY: 'key',
  ERR_JWT_EXPIRED: 'time',
};
class Refusal extends Error {}
const refuseUnless = (holds, code) => { if (!holds) throw new Refusal(code); };

const operations = {
  async 'jws.verify'({ token, keys, algorithms }) {
    const { payload } = await jose.compactVerify(token, jose.createLocalJWKSet(keys), { algorithms });
    return { payload: jose.base64url.encode(payload) };
  },

  async 'id_token.validate'(given) {
    let token = given.id_token;
    if (token.split('.').length === 5) {
      const key = await jose.importJWK(given.decryption_keys.keys[0], 'RSA-OAEP-256');
      const { plaintext } = await jose.compactDecrypt(token, key);
      token = new TextDecoder().decode(plaintext);
    }
    const { payload } = await jose.jwtVerify(token, jose.createLocalJWKSet(given.jwks), {
      algorithms: given.algorithms, issuer: given.issuer, audience: given.client_id,
      requiredClaims: ['exp', 'iat', 'sub'], clockTolerance: given.leeway_seconds,
      maxTokenAge: '1 day', currentDate: new Date(given.now * 1000),
    });
    refuseUnless(payload.nonce === given.nonce, 'nonce');
    refuseUnless(!given.acr_values || given.acr_values.includes(payload.acr), 'level');
    return { claims: payload };
  },

  async 'dpop.verify'(given) {
    const { payload, protectedHeader } = await jose.jwtVerify(given.proof, jose.EmbeddedJWK, {
      algorithms: given.algorithms, typ: 'dpop+jwt', requiredClaims: ['jti', 'htm', 'htu', 'iat'],
      maxTokenAge: given.window_seconds, currentDate: new Date(given.now * 1000),
    });
    const url = new URL(given.url);
    url.search = url.hash = '';
    refuseUnless(payload.htm === given.method, 'method');
    refuseUnless(payload.htu === url.href, 'url');
    refuseUnless(typeof payload.jti === 'string' && payload.jti, 'identifier');
    refuseUnless(payload.ath === createHash('sha256').update(given.access_token).digest('base64url'), 'token');
    refuseUnless(given.nonce === undefined || payload.nonce === given.nonce, 'nonce');
    const jkt = await jose.calculateJwkThumbprint(protectedHeader.jwk);
    refuseUnless(jkt === given.jkt, 'binding');
    return { jkt };
  },
};

async function answer({ operation, input }) {
  if (!(operation in operations)) return { type: 'unsupported', reason: `no operation ${operation}` };
  try {
    return { type: 'output', output: await operations[operation](input) };
  } catch (error) {
    if (error instanceof Refusal) return { type: 'rejected', code: error.message };
    if (error instanceof jose.errors.JOSEError) return { type: 'rejected', code: CODES[error.code] ?? 'invalid' };
    return { type: 'error', message: `${error}`.slice(0, 200) };
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const message = JSON.parse(line);
  if (message.type === 'stop') break;
  const reply = message.type === 'start'
    ? { type: 'started', protocol: 1, name: 'jose', version: '6' }
    : { ...(await answer(message)), seq: message.seq };
  process.stdout.write(`${JSON.stringify(reply)}\n`);
}
