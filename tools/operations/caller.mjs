// Who sends operations: a page in a browser, or a storefront's own server on behalf of a shopper, which keeps a cookie or a token.
import { randomUUID } from 'node:crypto';

const json = 'application/json';
const patience = () => AbortSignal.timeout(10_000);

// A page of the storefront, which is another origin of the same site. It asks before it sends (CORS), keeps cookies as
// browsers do, and may read an answer only where the server lets it.
export class Browser {
  constructor(url, language) {
    this.url = url;
    this.origin = `http://${new URL(url).hostname}:3000`;
    this.language = language;
    this.cookies = new Map();
    this.asked = new Set();
  }

  async send({ query, name, variables, guest, from }) {
    const origin = from ?? this.origin;
    const credentials = !from && !guest;
    const site = { origin, referer: `${origin}/`, 'sec-fetch-site': from ? 'cross-site' : 'same-site', 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty' };
    await this.preflight(site, credentials);
    const headers = { ...site, accept: json, 'content-type': json, 'accept-language': this.language, 'user-agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0' };
    if (credentials && this.cookies.size > 0) headers.cookie = [...this.cookies].map(([k, v]) => `${k}=${v}`).join('; ');
    const response = await fetch(this.url, { method: 'POST', headers, body: JSON.stringify({ operationName: name, query, variables }), signal: patience() });
    this.mayRead(response, origin, credentials);
    for (const cookie of response.headers.getSetCookie()) {
      if (from) throw new Error(`a page of another site was given the cookie ${cookie}`);
      if (credentials) this.keep(cookie);
    }
    return response;
  }

  async preflight(site, credentials) {
    const key = `${site.origin} ${credentials}`;
    if (this.asked.has(key)) return;
    this.asked.add(key);
    const headers = { ...site, 'access-control-request-method': 'POST', 'access-control-request-headers': 'content-type' };
    const response = await fetch(this.url, { method: 'OPTIONS', headers, signal: patience() });
    this.mayRead(response, site.origin, credentials);
    const allowed = (response.headers.get('access-control-allow-headers') ?? '').toLowerCase().split(/, */);
    if (!response.ok || !allowed.includes('content-type')) throw new Error(`the preflight of ${site.origin} was refused: ${response.status}`);
  }

  mayRead(response, origin, credentials) {
    const allowed = response.headers.get('access-control-allow-origin');
    if (credentials ? allowed !== origin || response.headers.get('access-control-allow-credentials') !== 'true' : allowed !== '*' && allowed !== origin) {
      throw new Error(`a browser does not let ${origin} read this answer: access-control-allow-origin is ${allowed}`);
    }
  }

  keep(cookie) {
    const [pair, ...attributes] = cookie.split(/; */);
    const [, name, value] = /^([^=]*)=(.*)$/.exec(pair);
    const attribute = (wanted) => attributes.map((a) => a.split('=')).find(([n]) => n.toLowerCase() === wanted)?.[1];
    if (!attributes.some((a) => a.toLowerCase() === 'httponly')) throw new Error(`scripts can read the cookie ${name}`);
    const expires = attribute('max-age') !== undefined ? Number(attribute('max-age')) : (Date.parse(attribute('expires')) - Date.now()) / 1000;
    if (expires <= 0) this.cookies.delete(name);
    else this.cookies.set(name, value);
  }
}

// A storefront's server. It keeps the value of SHOP_TOKEN for its shopper and hands it on in a header of its own making;
// the name of the operation stands in the URL, for its logs.
export class Server {
  constructor(url, language, secret) {
    this.url = url;
    this.language = language;
    this.secret = secret;
  }

  async send({ query, name, type, variables, guest }) {
    const headers = {
      accept: '*/*', 'content-type': json, 'accept-language': this.language, 'x-correlation-id': randomUUID(),
      'x-forwarded-for': '203.0.113.7', 'x-bc-trusted-proxy-secret': this.secret,
    };
    if (this.token && !guest) {
      headers.cookie = `SHOP_TOKEN=${this.token}`;
      headers['x-bc-error-on-invalid-customer-access-token'] = 'true';
    }
    const body = variables === undefined ? { query } : { query, variables };
    const response = await fetch(`${this.url}?operation=${name}&type=${type}`, { method: 'POST', headers, body: JSON.stringify(body), signal: patience() });
    for (const cookie of guest ? [] : response.headers.getSetCookie()) {
      const [, value] = /^SHOP_TOKEN=([^;]*)/.exec(cookie) ?? [];
      if (value !== undefined) this.token = value;
    }
    return response;
  }
}

// A storefront's server that never sees a cookie: it shows the storefront's token, asks each login for the shopper's, and hands
// that on. When it hears that the shopper's is over it forgets it, as if the shopper had signed out, and asks again.
export class TokenServer {
  constructor(url, language, secret, tokens) {
    this.url = url;
    this.language = language;
    this.secret = secret;
    this.storefront = tokens[new URL(url).hostname];
  }

  async send(operation) {
    const headers = {
      accept: '*/*', 'content-type': json, 'accept-language': this.language, authorization: `Bearer ${this.storefront}`,
      'x-forwarded-for': '203.0.113.8', 'x-bc-trusted-proxy-secret': this.secret,
    };
    if (this.shopper && !operation.guest) {
      headers['x-bc-customer-access-token'] = this.shopper;
      headers['x-bc-error-on-invalid-customer-access-token'] = 'true';
    }
    const query = operation.query.replace(/\b(login|loginWithCustomerLoginJwt)\((?=email:|jwt:)[^)]*\) \{/, '$& customerAccessToken { value expiresAt }');
    const response = await fetch(this.url, { method: 'POST', headers, body: JSON.stringify({ query, variables: operation.variables }), signal: patience() });
    if (response.headers.getSetCookie().length > 0) throw new Error('a server was given a cookie');
    const answer = await response.clone().json();
    if (answer.errors?.[0].extensions?.code === 'INVALID_CUSTOMER_ACCESS_TOKEN') {
      this.shopper = undefined;
      return this.send(operation);
    }
    const token = (answer.data?.login ?? answer.data?.loginWithCustomerLoginJwt)?.customerAccessToken;
    if (token && !operation.guest) this.keep(token);
    return response;
  }

  keep({ value, expiresAt }) {
    const [, expiry] = /^[0-9a-f]{64}_([0-9]+)$/.exec(value) ?? [];
    if (Number(expiry) * 1000 !== Date.parse(expiresAt)) throw new Error(`a customer access token that does not end at ${expiresAt}`);
    this.shopper = value;
  }
}
