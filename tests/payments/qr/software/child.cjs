// One npm library as a reader behind the harness: node child.cjs LIBRARY (NODE_PATH names where it is installed).
// Each adapter returns path -> value, or throws Refused with the contract's word for why.
"use strict";
const fs = require("fs");
const path = require("path");
const readline = require("readline");

class Refused extends Error {}
const refuse = (code) => { throw new Refused(code); };

// Objects such as { "29": { "00": "A..." }, "53": "764" }, with `take` for what a library wraps a value in.
function flat(object, take, above = "", found = {}) {
  for (const [id, wrapped] of Object.entries(object)) {
    if (!/^\d\d$/.test(id)) continue;
    const value = take(wrapped), where = above ? `${above}.${id}` : id;
    if (value && typeof value === "object") flat(value, take, where, found);
    else if (value !== undefined && value !== null) found[where] = String(value);
  }
  return found;
}

function named(object, names) {
  const found = {};
  for (const [path, name] of Object.entries(names))
    if (object[name] !== undefined && object[name] !== null && object[name] !== "") found[path] = String(object[name]);
  return found;
}

const KHQR = {
  "00": "payloadFormatIndicator", "01": "pointofInitiationMethod", "52": "merchantCategoryCode",
  "53": "transactionCurrency", "54": "transactionAmount", "58": "countryCode", "59": "merchantName",
  "60": "merchantCity", "29.00": "bakongAccountID", "62.05": "referenceLabel", "62.07": "terminalLabel",
  "64.00": "languagePreference", "64.01": "merchantNameAlternateLanguage",
  "99.00": "creationTimestamp", "99.01": "expirationTimestamp",
};

const ADAPTERS = {
  "promptparse": (library) => (payload) => {
    const read = library.parse(payload, true, true) || refuse("invalid");
    const found = {};
    for (const tag of read.getTags()) {
      if (tag.subTags && tag.subTags.length) for (const sub of tag.subTags) found[`${tag.id}.${sub.id}`] = sub.value;
      else found[tag.id] = tag.value;
    }
    return found;
  },
  "emvco-qr-sdk": (library) => (payload) => {
    library.validateQRString(payload);
    const objects = library.parseQR(payload, { parseMode: library.QRParseMode.TLV });
    if (!library.getCrcInfo(payload, objects).isValid) refuse("crc");
    return flat(library.parseQR(payload, { parseMode: library.QRParseMode.RAW_OBJECT }), (value) => value);
  },
  "emvqr": (library) => (payload) => flat(library.decode(payload) || refuse("invalid"), (wrapped) => wrapped.data),
  "steplix-emvqr": (library) => (payload) => flat(library.decode(payload) || refuse("invalid"), (wrapped) => wrapped.data),
  "promptpay-js": (library) => (payload) => flat(library.parse(payload) || refuse("invalid"), (wrapped) => wrapped.value),
  "bakong-khqr": (library) => (payload) => {
    if (!library.BakongKHQR.verify(payload).isValid) refuse("invalid");
    return named(library.BakongKHQR.decode(payload).data || refuse("invalid"), KHQR);
  },
  "ts-khqr": (library) => (payload) => {
    if (!library.KHQR.verify(payload).isValid) refuse("invalid");
    return named(library.KHQR.parse(payload).data || refuse("invalid"), KHQR);
  },
  "vietnam-qr-pay": (library) => (payload) => {
    const read = new library.QRPay(payload);
    if (!read.isValid) refuse("invalid");
    const names = { "00": "version", "01": "initMethod", "53": "currency", "54": "amount", "58": "nation", "60": "city" };
    const inner = { "38.00": "guid", "38.02": "service" };
    return { ...named(read, names), ...named(read.provider, inner), ...named(read.additionalData, { "62.08": "purpose" }) };
  },
};

const name = process.argv[2];
const read = ADAPTERS[name](require(name));
const folder = path.join(process.env.NODE_PATH, name); // `exports` of a package may hide its package.json
const version = JSON.parse(fs.readFileSync(path.join(folder, "package.json"), "utf8")).version;
console.log = console.error; // a library that prints would speak out of turn

function answer(message) {
  if (message.type === "start") return { type: "started", protocol: 1, name, version };
  if (message.operation !== "qr.parse") return { type: "unsupported", reason: "qr.parse alone" };
  try {
    return { type: "output", output: { fields: read(message.input.payload) } };
  } catch (error) {
    if (error instanceof Refused) return { type: "rejected", code: error.message };
    // What a library throws as an error of its own is how it refuses; what the language throws is a crash.
    const crash = error instanceof TypeError || error instanceof RangeError || error instanceof ReferenceError;
    return crash ? { type: "error", message: String(error).slice(0, 200) } : { type: "rejected", code: "invalid" };
  }
}

readline.createInterface({ input: process.stdin, terminal: false }).on("line", (line) => {
  const message = JSON.parse(line);
  if (message.type === "stop") process.exit(0);
  process.stdout.write(JSON.stringify({ seq: message.seq, ...answer(message) }) + "\n");
});
