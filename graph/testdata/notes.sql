-- Attributes, metafields and store credit of Ada, and of her namesake elsewhere.
INSERT INTO attributes (store_id, id, name, type) VALUES (1, 1, 'Points', 'number'), (1, 2, 'Member since', 'date');
INSERT INTO attribute_values (store_id, customer_id, attribute_id, value) VALUES (1, 1, 1, '12.50');
INSERT INTO metafields (store_id, id, resource, resource_id, namespace, key, value, description, permission_set) VALUES
    (1, 11, 'customer', 1, 'loyalty', 'tier', 'gold', 'Of the year', 'read_and_sf_access'), (1, 12, 'customer', 1, 'loyalty', 'secret', 'CANARY7', '', 'app_only'),
    (1, 13, 'customer', 1, 'loyalty', 'since', '2019', '', 'write_and_sf_access'), (1, 14, 'customer', 1, 'loyalty', 'read', 'CANARY7', '', 'read'),
    (1, 15, 'customer', 1, 'loyalty', 'card', '77', '', 'read_and_sf_access'), (1, 16, 'customer', 1, 'other', 'tier', 'CANARY7', '', 'read_and_sf_access'),
    (1, 17, 'customer', 2, 'loyalty', 'tier', 'CANARY7', '', 'read_and_sf_access'),
    (1, 18, 'channel', 1, 'loyalty', 'open', 'yes', '', 'read_and_sf_access'), (1, 19, 'store', 1, 'loyalty', 'name', 'Club', '', 'read_and_sf_access');
INSERT INTO store_credits (store_id, customer_id, currency, amount) VALUES (1, 1, 'EUR', 1234.5), (1, 1, 'JPY', 800), (1, 1, 'USD', 12.5);
INSERT INTO stores (id, hash, name, plan, status, currency, country, locale, settings)
VALUES (2000, 'other', 'Other', 'plus', 'LAUNCHED', 'EUR', 'DE', 'de', '{}');
INSERT INTO customers (store_id, id, email, email_key, first_name, last_name) VALUES (2000, 1, 'ada@example.com', 'ada@example.com', 'CANARY7', 'CANARY7');
INSERT INTO attributes (store_id, id, name, type) VALUES (2000, 1, 'CANARY7', 'string'), (2000, 7, 'CANARY7 7', 'string');
INSERT INTO attribute_values (store_id, customer_id, attribute_id, value) VALUES (2000, 1, 1, 'CANARY7'), (2000, 1, 7, 'CANARY7');
INSERT INTO metafields (store_id, id, resource, resource_id, namespace, key, value, permission_set) VALUES (2000, 11, 'customer', 1, 'loyalty', 'tier', 'CANARY7', 'read_and_sf_access');
INSERT INTO store_credits (store_id, customer_id, currency, amount) VALUES (2000, 1, 'USD', 777);
