-- What Ada has in the fields of fields.sql.
INSERT INTO customer_field_values (store_id, customer_id, field_id, value) VALUES
    (1, 1, 26, '{"options": [1, 2]}'), (1, 1, 27, '{"date": "1815-12-10T00:00:00Z"}'), (1, 1, 28, '{"text": "one\ntwo"}'), (1, 1, 29, '{"number": 12.5}'),
    (1, 1, 30, '{"hash": "$argon2id$CANARY7"}'), (1, 1, 31, '{"options": [3]}'), (1, 1, 32, '{"text": "London"}'), (1, 1, 33, '{"options": [2]}'), (1, 1, 34, '{"text": "Countess"}');
INSERT INTO customers (store_id, id, email, email_key, first_name, last_name) VALUES (2000, 1, 'ada@example.com', 'ada@example.com', 'CANARY7', 'CANARY7');
INSERT INTO customer_field_values (store_id, customer_id, field_id, value) VALUES (2000, 1, 26, '{"text": "CANARY7"}'), (2000, 1, 99, '{"text": "CANARY7"}');
