// An app of the demo store, which vouches for shoppers.
import { createHmac, randomUUID } from 'node:crypto';

const base64url = (text) => Buffer.from(text).toString('base64url');

// loginToken signs a customer login token.
export function loginToken(clientID, clientSecret, claims) {
  const payload = { iss: clientID, iat: Math.floor(Date.now() / 1000), jti: randomUUID(), operation: 'customer_login', store_hash: 'demo', ...claims };
  const text = `${base64url('{"typ":"JWT","alg":"HS256"}')}.${base64url(JSON.stringify(payload))}`;
  return `${text}.${createHmac('sha256', clientSecret).update(text).digest('base64url')}`;
}
