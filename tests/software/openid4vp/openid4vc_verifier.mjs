// @openid4vc/openid4vp as a verifier over https on loopback: `node openid4vc_verifier.mjs SETTINGS.json`.
//
// The request (signed object, x509_hash, its checks) and the response (form, JWE, state, vp_token by query) are the library's;
// keys and JWE are of jose, the presentation is verified by @sd-jwt/sd-jwt-vc and held against the query by dcql, as the
// libraries' documentation has it. Ours: the addresses, the transactions in memory, and which issuer is trusted.
import fs from 'node:fs';
import https from 'node:https';
import { createHash, randomBytes } from 'node:crypto';
import * as jose from 'jose';
import { DcqlPresentationResult, DcqlQuery } from 'dcql';
import { SDJwtVcInstance } from '@sd-jwt/sd-jwt-vc';
import { Openid4vpVerifier, calculateX509HashClientIdPrefixValue } from '@openid4vc/openid4vp';

const settings = JSON.parse(fs.readFileSync(process.argv[2]));
const own = await jose.importJWK(settings.own_jwk, 'ES256');
const hash = (data) => new Uint8Array(createHash('sha256').update(data).digest());
const clientId = `x509_hash:${await calculateX509HashClientIdPrefixValue({ x509Certificate: settings.x5c, hash })}`;
const mode = settings.response_mode ?? 'direct_post.jwt';
const transactions = new Map();
let outcome = 'waiting';

// What the library asks of its caller: a signature, and a JWE opened with the key of this transaction.
function callbacks(transaction) {
  return {
    hash,
    signJwt: async (signer, { header, payload }) => ({
      jwt: await new jose.SignJWT(payload).setProtectedHeader(header).sign(own), signerJwk: settings.own_jwk,
    }),
    encryptJwe: async () => { throw new Error('no request is encrypted'); },
    verifyJwt: async () => ({ verified: false }),
    decryptJwe: async (jwe) => {
      const { plaintext } = await jose.compactDecrypt(jwe, transaction.keys.privateKey);
      return { decrypted: true, decryptionJwk: transaction.jwk, payload: new TextDecoder().decode(plaintext) };
    },
  };
}

async function start() {
  const id = randomBytes(16).toString('base64url');
  const keys = await jose.generateKeyPair('ECDH-ES', { extractable: true });
  const jwk = { ...(await jose.exportJWK(keys.publicKey)), kid: id, use: 'enc', alg: 'ECDH-ES' };
  const transaction = { keys, jwk };
  const query = DcqlQuery.parse({
    credentials: [{
      id: 'person', format: 'dc+sd-jwt', meta: { vct_values: [settings.vct] }, claims: settings.claims.map((name) => ({ path: [name] })),
    }],
  });
  DcqlQuery.validate(query);
  const made = await new Openid4vpVerifier({ callbacks: callbacks(transaction) }).createOpenId4vpAuthorizationRequest({
    authorizationRequestPayload: {
      response_type: 'vp_token',
      response_mode: mode,
      client_id: clientId,
      response_uri: `${settings.origin}/response/${id}`,
      nonce: randomBytes(16).toString('base64url'),
      state: id,
      dcql_query: query,
      client_metadata: {
        ...(mode === 'direct_post.jwt' ? { jwks: { keys: [jwk] } } : {}),
        vp_formats_supported: { 'dc+sd-jwt': { 'sd-jwt_alg_values': ['ES256'], 'kb-jwt_alg_values': ['ES256'] } },
      },
    },
    jar: {
      requestUri: `${settings.origin}/request/${id}`,
      jwtSigner: { method: 'x5c', alg: 'ES256', x5c: [settings.x5c] },
      expiresInSeconds: 300,
      ...(settings.aud ? { additionalJwtPayload: { aud: settings.aud } } : {}),
    },
  });
  transactions.set(id, Object.assign(transaction, { query, request: made.authorizationRequestPayload, token: made.jar.authorizationRequestJwt }));
  outcome = 'waiting';
  return made.authorizationRequest;
}

async function verifier(jwk) {
  const key = await jose.importJWK(jwk, 'ES256');
  return async (data, signature) => {
    const [protectedHeader, payload] = data.split('.');
    await jose.flattenedVerify({ protected: protectedHeader, payload, signature }, key, { algorithms: ['ES256'] });
    return true;
  };
}

// Throws where the response or the presentation is not what was asked for.
async function respond(transaction, form) {
  const library = new Openid4vpVerifier({ callbacks: callbacks(transaction) });
  const parsed = await library.parseOpenid4vpAuthorizationResponse({
    authorizationResponse: form, authorizationRequestPayload: transaction.request, callbacks: callbacks(transaction),
  });
  const [presentation] = parsed.dcql.presentations.person;
  const instance = new SDJwtVcInstance({
    hasher: hash,
    hashAlg: 'sha-256',
    verifier: await verifier(settings.issuer_jwk),
    kbVerifier: async (data, signature, payload) => (await verifier(payload.cnf.jwk))(data, signature),
  });
  const found = await instance.verify(presentation, { keyBindingNonce: parsed.expectedNonce });
  const credential = {
    credential_format: 'dc+sd-jwt', vct: found.payload.vct, claims: found.payload, cryptographic_holder_binding: found.kb !== undefined,
  };
  const result = DcqlPresentationResult.fromDcqlPresentation({ person: [credential] }, { dcqlQuery: transaction.query });
  if (!result.can_be_satisfied) throw new Error('the query is not answered');
}

async function answer(request, response, body) {
  const [, name, id] = request.url.split('/');
  const transaction = transactions.get(id);
  if (name === 'start') return response.end(await start());
  if (name === 'result') return response.end(outcome);
  if (!transaction) return response.writeHead(404).end('{}');
  if (name === 'request') return response.setHeader('content-type', 'application/oauth-authz-req+jwt').end(transaction.token);
  response.setHeader('content-type', 'application/json');
  if (!settings.keeps) transactions.delete(id);
  try {
    await respond(transaction, Object.fromEntries(new URLSearchParams(body)));
    outcome = 'presentation accepted';
    return response.end('{}');
  } catch (error) {
    console.error(`${error}`.slice(0, 300));
    outcome = 'presentation refused';
    return response.writeHead(400).end('{"error":"invalid_request"}');
  }
}

const pair = { cert: fs.readFileSync(settings.certificate), key: fs.readFileSync(settings.key) };
https.createServer(pair, async (request, response) => {
  let body = '';
  for await (const piece of request) body += piece;
  await answer(request, response, body);
}).listen(settings.port, '127.0.0.1');
