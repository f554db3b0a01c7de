// What npm libraries write, as one JSON object: library and what was asked -> payload. Every identifier is made up.
"use strict";
const { BakongKHQR, khqrData, IndividualInfo } = require("bakong-khqr");
const { KHQR, CURRENCY, TAG } = require("ts-khqr");
const { generate } = require("promptparse");
const PaynowQR = require("paynowqr");
const { QRPay } = require("vietnam-qr-pay");
const promptpay = require("promptpay-js");
const promptpayQr = require("promptpay-qr");

const later = 1893500100000;
const quiet = (make) => { try { return make(); } catch (error) { return `threw ${error.message}`.slice(0, 200); } };
const paynow = (more) => new PaynowQR({ uen: "T26AA0001Z", refNumber: "INV-1", company: "EXAMPLE PTE LTD", ...more }).output();
const vietqr = (more) => QRPay.initVietQR({ bankBin: "999999", bankNumber: "0000000000", ...more }).build();

console.log(JSON.stringify({
  "promptpay-qr static": quiet(() => promptpayQr("0800000000", {})),
  "promptpay-qr amount": quiet(() => promptpayQr("0800000000", { amount: 41.2 })),
  "promptparse anyId": quiet(() => generate.anyId({ type: "MSISDN", target: "0800000000", amount: 41.2 })),
  "promptparse billPayment": quiet(() => generate.billPayment({ billerId: "999999999999900", ref1: "REF1", amount: 41.2 })),
  "promptpay-js transfer": quiet(() => promptpay.generate({
    method: "QR_DYNAMIC", application: "PROMPTPAY_CREDIT_TRANSFER", mobileNumber: "0066800000000", currencyCode: "764",
    amount: "41.20", countryCode: "TH" })),
  "paynowqr editable": quiet(() => paynow({ editable: true, expiry: "20300131" })),
  "paynowqr amount": quiet(() => paynow({ amount: 41.2, expiry: "20300131" })),
  "vietnam-qr-pay static": quiet(() => vietqr({})),
  "vietnam-qr-pay amount": quiet(() => vietqr({ amount: "12300", purpose: "TEST" })),
  "vietnam-qr-pay accents": quiet(() => vietqr({ amount: "12300", purpose: "Tiền hàng" })),
  "bakong-khqr static": quiet(() => new BakongKHQR().generateIndividual(
    new IndividualInfo("shop@test", "Example Shop", "PHNOM PENH", {})).data.qr),
  "bakong-khqr amount": quiet(() => new BakongKHQR().generateIndividual(new IndividualInfo("shop@test", "Example Shop",
    "PHNOM PENH", { currency: khqrData.currency.khr, amount: 5000, expirationTimestamp: later })).data.qr),
  "bakong-khqr khmer": quiet(() => new BakongKHQR().generateIndividual(new IndividualInfo("shop@test", "Example Shop",
    "PHNOM PENH", { languagePreference: "km", merchantNameAlternateLanguage: "ហាងសាកល្បង" })).data.qr),
  "ts-khqr static": quiet(() => KHQR.generate({ tag: TAG.INDIVIDUAL, accountID: "shop@test", merchantName: "Example Shop" }).data.qr),
  "ts-khqr amount": quiet(() => KHQR.generate({ tag: TAG.INDIVIDUAL, accountID: "shop@test", merchantName: "Example Shop",
    amount: 5000, currency: CURRENCY.KHR, expirationTimestamp: later }).data.qr),
}));
