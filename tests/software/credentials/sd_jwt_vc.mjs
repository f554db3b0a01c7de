// @sd-jwt/sd-jwt-vc behind the harness, with nothing around it but what its interface asks for.
import { createHash, createPublicKey, verify } from 'node:crypto';
import { createInterface } from 'node:readline';
import { SDJwtVcInstance } from '@sd-jwt/sd-jwt-vc';

const signedBy = (jwk) => async (data, signature) =>
  verify('sha256', Buffer.from(data), { key: createPublicKey({ key: jwk, format: 'jwk' }), dsaEncoding: 'ieee-p1363' }, Buffer.from(signature, 'base64url'));

async function verifyCredential(given) {
  const [head, body] = given.presentation.split('~')[0].split('.').slice(0, 2).map((part) => JSON.parse(Buffer.from(part, 'base64url')));
  if (given.roots.length) return { type: 'unsupported', reason: 'x5c' };
  if (!given.algorithms.includes(head.alg)) return { type: 'rejected', code: 'algorithm' };
  const keys = given.issuers[body.iss];
  if (!keys) return { type: 'rejected', code: 'issuer' };
  const key = keys.keys.find((each) => each.kid === head.kid);
  if (!key) return { type: 'rejected', code: 'key' };
  const instance = new SDJwtVcInstance({
    hashAlg: 'sha-256',
    hasher: async (data, algorithm) => {
      if (algorithm !== 'sha-256') throw new Error(`no hash ${algorithm}`);
      return new Uint8Array(createHash('sha256').update(data).digest());
    },
    verifier: signedBy(key),
    kbVerifier: async (data, signature, payload) => signedBy(payload.cnf.jwk)(data, signature),
    statusListFetcher: async (uri) => {
      if (!(uri in given.status_lists)) throw new Error('no list');
      return given.status_lists[uri];
    },
    statusVerifier: signedBy(given.status_keys.keys[0]),
  });
  const binding = given.key_binding ? { keyBindingNonce: given.key_binding.nonce } : {};
  const found = await instance.verify(given.presentation, { currentDate: given.now, skewSeconds: given.leeway_seconds, ...binding });
  return { type: 'output', output: { claims: found.payload } };
}

async function answer({ operation, input }) {
  if (operation !== 'sd_jwt_vc.verify') return { type: 'unsupported', reason: `no operation ${operation}` };
  try {
    return await verifyCredential(input);
  } catch (error) {
    const broken = error instanceof TypeError || error instanceof RangeError;
    return broken ? { type: 'error', message: `${error}`.slice(0, 200) } : { type: 'rejected', code: 'invalid' };
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const message = JSON.parse(line);
  if (message.type === 'stop') break;
  const reply = message.type === 'start'
    ? { type: 'started', protocol: 1, name: '@sd-jwt/sd-jwt-vc', version: '0.19.0' }
    : { ...(await answer(message)), seq: message.seq };
  process.stdout.write(`${JSON.stringify(reply)}\n`);
}
