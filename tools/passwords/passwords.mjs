// Writes the well-known passwords, from the frequency lists of zxcvbn, to the file and the licence that are named. zxcvbn
// keeps a word in the list where it ranks best only, so the 10,000 commonest passwords are spread over all of its lists: all
// of them are among the first 10,000 of each. 10,000 of eight characters and more are added, because most stores ask for
// as many.
//
// The file is deflated. Inside words stand sorted by their bytes; each is the number of characters that it shares with
// the one before, as a byte, then the rest of it, then a line feed.
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { deflateRawSync } from 'node:zlib';

const most = 10_000;
const require = createRequire(import.meta.url);
const folder = dirname(require.resolve('zxcvbn/package.json'));
const [file, licence] = process.argv.slice(2);

const lists = Object.fromEntries(
  Object.entries(require('zxcvbn/lib/frequency_lists.js')).map(([name, list]) => [name, Array.isArray(list) ? list : list.split(',')]),
);
const words = new Set(Object.values(lists).flatMap((list) => list.slice(0, most)));
for (const word of lists.passwords.filter((w) => w.length >= 8).slice(0, most)) {
  words.add(word);
}

const parts = [];
let before = '';
for (const word of [...words].sort()) {
  if (!/^[!-~]{1,255}$/.test(word) || word !== word.toLowerCase()) {
    throw new Error('not in lower-case ASCII: ' + word);
  }
  let shared = 0;
  while (shared < before.length && before[shared] === word[shared]) {
    shared++;
  }
  parts.push(Buffer.from([shared]), Buffer.from(word.slice(shared) + '\n'));
  before = word;
}
writeFileSync(file, deflateRawSync(Buffer.concat(parts), { level: 9 }));
writeFileSync(licence, readFileSync(join(folder, 'LICENSE.txt')));
console.log(`${words.size} words`);
