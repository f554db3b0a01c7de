// @auth0/mdl behind the harness, with nothing around it but what its interface asks for.
import { createInterface } from 'node:readline';
import { Verifier } from '@auth0/mdl';

const pem = (der) => `-----BEGIN CERTIFICATE-----\n${Buffer.from(der, 'base64url').toString('base64').replace(/(.{64})/g, '$1\n')}\n-----END CERTIFICATE-----\n`;
const plain = (value) => (value instanceof Date ? value.toISOString().slice(0, 10) : value);


// The library takes the session transcript as an encoded CBOR data item (tag 24).
function embedded(octets) {
  return Buffer.concat([Buffer.from([0xd8, 0x18, 0x58, octets.length]), octets]);
}

async function verifyDocument(given) {
  const verifier = new Verifier(given.roots.map(pem));
  const found = await verifier.verify(Buffer.from(given.device_response, 'base64url'), {
    encodedSessionTranscript: embedded(Buffer.from(given.session_transcript, 'base64url')),
  });
  const [document] = found.documents;
  if (document?.docType !== given.doc_type) return { type: 'rejected', code: 'type' };
  const elements = {};
  for (const space of document.issuerSignedNameSpaces) {
    elements[space] = Object.fromEntries(Object.entries(document.getIssuerNameSpace(space)).map(([name, value]) => [name, plain(value)]));
  }
  return { type: 'output', output: { doc_type: document.docType, elements } };
}

async function answer({ operation, input }) {
  if (operation !== 'mdoc.verify') return { type: 'unsupported', reason: `no operation ${operation}` };
  try {
    return await verifyDocument(input);
  } catch (error) {
    const broken = error instanceof TypeError || error instanceof RangeError;
    return broken ? { type: 'error', message: `${error}`.slice(0, 200) } : { type: 'rejected', code: 'invalid' };
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const message = JSON.parse(line);
  if (message.type === 'stop') break;
  const reply = message.type === 'start'
    ? { type: 'started', protocol: 1, name: '@auth0/mdl', version: '3.0.1' }
    : { ...(await answer(message)), seq: message.seq };
  process.stdout.write(`${JSON.stringify(reply)}\n`);
}
