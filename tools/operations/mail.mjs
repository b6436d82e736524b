// Mails that the server would have sent, as its mailbox for developers shows them.

// linkIn waits for the newest mail to an address with a link like pattern, and gives the pattern's named groups. Each mail
// is taken once.
export async function linkIn(base, address, pattern, taken) {
  const until = Date.now() + 10_000;
  for (;;) {
    const list = await text(`${base}/dev/mail`);
    for (const [, number, to] of list.matchAll(/href="\/dev\/mail\/(\d+)".*?<small>to (.+?),/g)) {
      if (to !== address || taken.has(number)) continue;
      const message = await text(`${base}/dev/mail/${number}`);
      for (const [, link] of message.matchAll(/href="(https?:[^"]+)"/g)) {
        const found = pattern.exec(link.replaceAll('&amp;', '&'));
        if (found) {
          taken.add(number);
          return found.groups;
        }
      }
    }
    if (Date.now() > until) {
      const there = [...list.matchAll(/<b>(.*?)<\/b> <small>to (.+?),/g)].map(([, subject, to]) => `\n  to ${to}: ${subject}`);
      throw new Error(`no mail to ${address} with a link like ${pattern}; there is${there.join('') || ' none'}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function text(url) {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url}: ${response.status}`);
  return response.text();
}
