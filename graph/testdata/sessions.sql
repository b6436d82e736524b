-- Where Ada and Grace logged in before.
INSERT INTO sessions (store_id, token_hash, id, customer_id, epoch, family, channel_id, kind, created_at, last_seen_at, expires_at, revoked_at, user_agent, ip_prefix, origin)
SELECT c.store_id, sha256(v.id::bytea), v.id, c.id, c.session_epoch, v.id, 1, v.kind, now() - interval '1 day' * v.n, now() - interval '1 hour', now() + interval '1 day', CASE v.id WHEN 'ended' THEN now() END, v.ua, v.prefix, v.origin 
FROM   customers c
JOIN   (VALUES ('ada@example.com', 'q3vkz7m2xj5h4w6t7yarfbd5ce', 1, 'cookie', 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0', '192.0.2.0/24', 'https://shop.example.com'),
    ('ada@example.com', 'ipad', 2, 'cookie', 'Mozilla/5.0 (iPad; CPU OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1', '2001:db8:1::/48', ''),
    ('ada@example.com', 'server', 3, 'token', 'node', '', ''),
    ('ada@example.com', 'ended', 4, 'cookie', '', '', ''),
    ('grace@example.com', 'foreign', 1, 'cookie', '', '', '')) AS v (email, id, n, kind, ua, prefix, origin)
ON     v.email = c.email_key;
