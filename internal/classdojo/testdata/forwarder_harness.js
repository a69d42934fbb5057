// Runs docs/classdojo-forwarder.js as Apps Script would: Google's services are stood in for by what is on standard input, and what it sends is written to standard output.
'use strict';
const crypto = require('crypto');
const fs = require('fs');
const vm = require('vm');

const given = JSON.parse(fs.readFileSync(0, 'utf8')); // {script, url, key, properties, now, threads: [[mail…]…], answers: [status…], links}
const sent = [];
const properties = Object.assign({}, given.properties);
const asked = [];

class Mail {
  constructor(m) { this.m = m; }
  getDate() { return new Date(this.m.date); }
  getBody() { return this.m.body; }
  getRawContent() { return this.m.raw; }
  getHeader(name) {
    if (name !== 'Message-ID') { throw new Error('the forwarder reads the header ' + name); }
    return this.m.id;
  }
}

const context = vm.createContext({
  PropertiesService: { getScriptProperties: () => ({ getProperty: (k) => (k in properties ? properties[k] : null), setProperty: (k, v) => { properties[k] = v; } }) },
  GmailApp: {
    search: (q, start, max) => {
      asked.push(q);
      return given.threads.slice(start, start + max).map((thread) => ({ getMessages: () => thread.map((m) => new Mail(m)) }));
    },
  },
  Utilities: {
    Charset: { UTF_8: 'utf8' },
    computeHmacSha256Signature: (value, key, charset) => {
      if (charset !== 'utf8') { throw new Error('without a charset Apps Script takes US-ASCII'); }
      return Array.from(new Int8Array(crypto.createHmac('sha256', Buffer.from(key, charset)).update(value, charset).digest()));
    },
  },
  UrlFetchApp: {
    fetch: (url, options) => {
      sent.push({ url, method: options.method, headers: Object.assign({ 'Content-Type': options.contentType }, options.headers), body: options.payload });
      const code = given.answers.length ? given.answers.shift() : 204;
      return { getResponseCode: () => code };
    },
  },
});
vm.runInContext('Date.now = () => ' + given.now, context);
vm.runInContext(given.script, context);
let failed = '';
try {
  vm.runInContext('forward()', context);
} catch (e) {
  failed = e.message;
}
context.links = given.links || [];
const read = vm.runInContext('links.map((l) => places("<a href=\\"" + l.replace(/&/g, "&amp;") + "\\">"))', context);
process.stdout.write(JSON.stringify({ sent, properties, asked, failed, read }));
