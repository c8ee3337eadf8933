-- Smaller children: what a table takes at most is a few of them, and moving on costs next to nothing. A size that somebody chose stays.
UPDATE mesh.setting SET value = '16777216', updated_at = now() WHERE name = 'outbox_slot_bytes' AND value = '67108864';
