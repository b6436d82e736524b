// Runs every server audit of graphql-http against the given URL. Anything but "ok" counts as failed: a warning is a SHOULD
// that this server does not want to miss.
import { serverAudits } from 'graphql-http';

const expected = 61;
const url = process.argv[2];
if (!url) {
  console.error('usage: node audit.mjs http://host:port/graphql');
  process.exit(2);
}

const audits = serverAudits({ url });
let ok = 0;
for (const audit of audits) {
  let result;
  try {
    result = await audit.fn();
  } catch (error) {
    result = { status: 'error', reason: String(error?.cause ?? error) };
  }
  if (result.status === 'ok') {
    ok++;
    continue;
  }
  console.log(`${result.status}  ${audit.id}  ${audit.name}: ${result.reason}`);
}
console.log(`${ok} of ${audits.length} audits ok (${expected} expected)`);
process.exit(ok === audits.length && ok === expected ? 0 : 1);
