/**
 * Tells esafetybot that ClassDojo wrote, and nothing of what ClassDojo wrote.
 *
 * For Google Apps Script, in the account of a mailbox that gets ClassDojo's mails. How to set it up: docs/classdojo.md, "The forwarder".
 * It sends kind, class, link, time and Message-ID of a mail: never a subject, a text, a name or an address.
 *
 * Script properties: RELAY_URL, where to send to; RELAY_KEY, the key. Neither is ever written here.
 */

const LABEL = 'classdojo'; // the Gmail label that a filter puts on mails from classdojo.com
const OVERLAP = 3600; // seconds: read again, as Gmail may list a mail late. The relay takes each once
const DAYS = 7; // how far back the first run looks

/** Run it every 15 minutes by a time-driven trigger. It fails, and Google writes to whoever owns it, when the relay does not take something. */
function forward() {
  const properties = PropertiesService.getScriptProperties();
  const url = properties.getProperty('RELAY_URL');
  const key = properties.getProperty('RELAY_KEY');
  if (!url || !/^https:\/\//.test(url) || !key) {
    throw new Error('Set the script properties RELAY_URL (https) and RELAY_KEY first.');
  }
  const now = Math.floor(Date.now() / 1000);
  const since = Math.max(Number(properties.getProperty('SINCE') || 0) - OVERLAP, now - DAYS * 86400);
  let refused = 0;
  for (const message of mails(since)) {
    if (proven(message.getRawContent())) {
      for (const place of places(message.getBody())) {
        const status = send(url, key, {
          kind: place.kind,
          class: place.class,
          link: place.link,
          time: message.getDate().toISOString(),
          message: message.getHeader('Message-ID'),
        });
        if (status === 400 || status === 413) { // it would be refused for ever: the others must not wait for it
          refused++;
        } else if (status !== 204 && status !== 409) { // 409: told before
          throw new Error('The relay answered ' + status + '. The next run goes on from here.');
        }
      }
    }
    properties.setProperty('SINCE', String(Math.floor(message.getDate().getTime() / 1000)));
  }
  if (refused) {
    throw new Error('The relay did not understand ' + refused + ' of what was sent, and will not. The rest was taken.');
  }
}

/** The mails with the label that came since then, oldest first. Threads hold several. */
function mails(since) {
  const out = [];
  for (let start = 0; ; start += 50) {
    const threads = GmailApp.search('label:' + LABEL + ' after:' + since, start, 50);
    for (const thread of threads) {
      for (const message of thread.getMessages()) {
        if (message.getDate().getTime() >= since * 1000) {
          out.push(message);
        }
      }
    }
    if (threads.length < 50) {
      break;
    }
  }
  return out.sort((a, b) => a.getDate().getTime() - b.getDate().getTime());
}

/** Whether Google found that the mail is from classdojo.com: by the topmost Authentication-Results, which Google's own server wrote. */
function proven(raw) {
  const head = raw.split(/\r?\n\r?\n/, 1)[0].replace(/\r?\n[ \t]+/g, ' ').split(/\r?\n/);
  const first = (name) => (head.filter((line) => line.toLowerCase().startsWith(name + ':'))[0] || '').slice(name.length + 1).trim();
  const from = head.filter((line) => /^from:/i.test(line));
  let results = first('authentication-results');
  for (let before = ''; before !== results; ) { // comments may hold whatever the sender wrote
    before = results;
    results = results.replace(/\([^()]*\)/g, ' ');
  }
  const dmarc = results.split(';').map((s) => s.trim()).filter((s) => /^dmarc\s*=/i.test(s));
  return from.length === 1 && /@([a-z0-9-]+\.)*classdojo\.com>?\s*$/i.test(from[0]) && !/[()"]/.test(results) &&
    /^mx\.google\.com\s*;/i.test(results) && dmarc.length === 1 && /^dmarc\s*=\s*pass\s+header\.from=([a-z0-9-]+\.)*classdojo\.com$/i.test(dmarc[0]);
}

/** The places that a mail's links lead to, each once. Links are written anew, so that nothing else in them is sent. */
function places(html) {
  const out = {};
  for (const found of html.match(/https?:\/\/(?:www\.|teach\.)?classdojo\.com\/[^\s"'<>]*/gi) || []) {
    const place = placeOf(found.replace(/&amp;/g, '&').replace(/&#0*38;/g, '&').replace(/&#x0*26;/gi, '&'));
    if (place && !out[place.kind + ' ' + place.class]) {
      out[place.kind + ' ' + place.class] = place;
    }
  }
  return Object.values(out);
}

function placeOf(link) {
  const id = '([0-9a-f]{24})';
  const deep = link.match(/^https?:\/\/(?:www\.)?classdojo\.com\/ul\/t\/(class|school)\/?\?([^#]*)/i);
  const page = link.match(new RegExp('^https?://teach\\.classdojo\\.com/#/classes/' + id + '/(story|portfolio|messaging)(?:/[0-9a-f]{24})?/?(?:[?]|$)', 'i'));
  if (page) {
    return place({ story: 'story', portfolio: 'portfolio', messaging: 'messages' }[page[2].toLowerCase()], page[1].toLowerCase());
  }
  if (!deep) {
    return null;
  }
  const target = deep[2].match(/(?:^|&)target=(story|portfolio|pendingStory|messages)(?:&|$)/);
  const ids = deep[2].match(new RegExp('(?:^|&)classID=' + id + '(?:&|$)', 'i'));
  const named = (deep[2].match(/(?:^|&)classID=/gi) || []).length;
  if (!target) {
    return null;
  }
  const kind = target[1] === 'pendingStory' ? 'pending' : target[1];
  if (deep[1].toLowerCase() === 'school') {
    return kind === 'story' || kind === 'messages' ? place(kind, 'school') : null;
  }
  return ids && named === 1 ? place(kind, ids[1].toLowerCase()) : null;
}

function place(kind, id) {
  const target = kind === 'pending' ? 'pendingStory' : kind;
  const to = id === 'school' ? 'school?' : 'class?classID=' + id + '&';
  return { kind: kind, class: id, link: 'https://www.classdojo.com/ul/t/' + to + 'target=' + target };
}

/** Sends one, signed, and gives the status that was answered. */
function send(url, key, what) {
  const body = JSON.stringify(what);
  const stamp = String(Math.floor(Date.now() / 1000));
  return UrlFetchApp.fetch(url, {
    method: 'post',
    contentType: 'application/json',
    payload: body,
    headers: { 'X-Esafetybot-Timestamp': stamp, 'X-Esafetybot-Signature': 'v1=' + sign(key, stamp, body) },
    followRedirects: false,
    muteHttpExceptions: true,
  }).getResponseCode();
}

/** HMAC-SHA256 of "v1:TIMESTAMP.BODY" in hexadecimal digits. Apps Script gives bytes from -128 to 127. */
function sign(key, stamp, body) {
  return Utilities.computeHmacSha256Signature('v1:' + stamp + '.' + body, key, Utilities.Charset.UTF_8)
    .map((b) => ((b + 256) % 256).toString(16).padStart(2, '0'))
    .join('');
}
