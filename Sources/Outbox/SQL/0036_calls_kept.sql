-- Calls that nobody has ever taken.

-- As before, but a service that is out of force waits for its calls also where no worker has come to it yet: it has a topic, and no position.
CREATE OR REPLACE VIEW mesh.subscription AS
    SELECT r.topic, r.service AS consumer_group FROM mesh.route r WHERE r.kind IN ('method', 'handler')
    UNION SELECT p.topic, p.consumer_group FROM mesh.position p WHERE p.topic = p.consumer_group
    UNION SELECT t.name, t.name FROM mesh.topic t WHERE t.kind = 'calls';
