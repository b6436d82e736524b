-- One field of each kind for the account, 26 to 34, and three for addresses.
INSERT INTO form_fields (store_id, id, form, kind, label, sort_order, settings) VALUES
    (1, 26, 'CUSTOMER', 'CHECKBOXES', 'Terms and Conditions', 90, '{}'),
    (1, 27, 'CUSTOMER', 'DATE', 'Birthday', 27, '{"minDate": "1900-01-01T00:00:00Z", "maxDate": "2019-12-31T00:00:00Z", "defaultDate": "2000-06-01T00:00:00Z"}'),
    (1, 28, 'CUSTOMER', 'MULTILINE_TEXT', 'About you', 28, '{"rows": 3, "defaultText": "I am"}'),
    (1, 29, 'CUSTOMER', 'NUMBER', 'Employees', -1, '{"minNumber": 1, "maxNumber": 5000, "maxLength": 6, "defaultNumber": 1.5}'),
    (1, 30, 'CUSTOMER', 'PASSWORD', 'PIN', 30, '{"maxLength": 8}'),
    (1, 31, 'CUSTOMER', 'PICKLIST', 'Colour', 31, '{"prefix": "Choose a colour"}'),
    (1, 32, 'CUSTOMER', 'PICKLIST_OR_TEXT', 'Region', 32, '{"prefix": "Choose a region", "maxLength": 9}'),
    (1, 33, 'CUSTOMER', 'RADIO_BUTTONS', 'Size', 33, '{}'),
    (1, 34, 'CUSTOMER', 'TEXT', 'Nickname', 34, '{"defaultText": "Ace", "maxLength": 10}'),
    (1, 35, 'ADDRESS', 'TEXT', 'Doorbell', 35, '{}'),
    (1, 36, 'SHIPPING', 'RADIO_BUTTONS', 'Lift', 36, '{}'),
    (1, 37, 'BILLING', 'TEXT', 'Cost centre', 37, '{}');
INSERT INTO form_field_options (store_id, field_id, id, label) VALUES
    (1, 26, 1, 'I agree'), (1, 26, 2, 'I have read it'), (1, 31, 1, 'Red'), (1, 31, 3, 'Blue'), (1, 33, 1, 'S'), (1, 33, 2, 'M'), (1, 36, 1, 'Yes'), (1, 36, 2, 'No');
UPDATE stores SET next_form_field_id = 38, config_version = config_version + 1 WHERE id = 1;
-- Another store has fields of the same ids.
INSERT INTO stores (id, hash, name, plan, status, currency, country, locale, settings)
VALUES (2000, 'other', 'Other', 'plus', 'LAUNCHED', 'EUR', 'DE', 'de', '{}');
INSERT INTO form_fields (store_id, id, form, kind, label, required) VALUES
    (2000, 26, 'CUSTOMER', 'TEXT', 'CANARY7', true), (2000, 35, 'ADDRESS', 'TEXT', 'CANARY7', true), (2000, 99, 'CUSTOMER', 'TEXT', 'CANARY7', true), (2000, 97, 'ADDRESS', 'TEXT', 'CANARY7', true);
