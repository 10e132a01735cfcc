# packages: sqlite3
# A database on disk: joins, windows, recursion, JSON, full-text search, floating point, integrity.
sqlite3 base.db <<'END'
PRAGMA journal_mode = WAL;
CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT, weight REAL, parent INTEGER, data BLOB);
WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 30000)
INSERT INTO item SELECT i, printf('item %06d', i * 7919 % 30011), round(sqrt(i) * sin(i), 9), i / 7,
    substr(hex(i * 2654435761), 1, i % 24) FROM n;
CREATE INDEX item_name ON item (name);
CREATE INDEX item_parent ON item (parent, weight);
SELECT count(*), sum(id), round(sum(weight), 6), round(avg(weight), 9) FROM item;
SELECT a.id, b.name FROM item a JOIN item b ON a.parent = b.id WHERE a.name LIKE 'item 00001%' ORDER BY 1;
SELECT id, round(sum(weight) OVER (ORDER BY id ROWS 10 PRECEDING), 6) FROM item WHERE id % 3000 = 0;
SELECT parent, count(*), round(max(weight), 6), group_concat(id) FROM item GROUP BY parent
    HAVING parent IN (1, 70, 4000) ORDER BY parent;
WITH RECURSIVE up (id, depth) AS (SELECT 29999, 0 UNION ALL
    SELECT item.parent, depth + 1 FROM item JOIN up ON item.id = up.id WHERE item.parent > 0)
SELECT * FROM up;
SELECT json_group_array(json_object('id', id, 'name', name)) FROM item WHERE id <= 3;
CREATE VIRTUAL TABLE text USING fts5 (body);
INSERT INTO text SELECT name || ' of ' || parent || ' weighs ' || CAST(weight * 1000 AS INTEGER) FROM item;
SELECT count(*), min(rowid) FROM text WHERE text MATCH 'weighs AND 4000';
UPDATE item SET weight = -weight WHERE id % 5 = 0;
DELETE FROM item WHERE id % 11 = 0;
VACUUM;
PRAGMA integrity_check;
SELECT printf('%.17g %.3e %g', weight, weight * 1e100, weight / 3e-5) FROM item WHERE id < 20;
SELECT 1e308 * 10, -1e308 * 10, 0.1 + 0.2, 9007199254740993, 9223372036854775807 + 1, 5 / 2, -5 % 3;
UPDATE item SET weight = CAST(weight * 1000 AS INTEGER); -- how a REAL is printed is the C library's
END
sqlite3 base.db .dump | md5sum | cut -c 1-32
