#pragma once
#include <librdkafka/rdkafka.h>
// The tests' cluster that answers as Apache Kafka does.
#include <librdkafka/rdkafka_mock.h>

/// One call instead of a variadic one, which Swift cannot make: hands a record over by copy. On success librdkafka owns
/// `headers`; on failure the caller still does. A null `value` or `key` is sent as null; an empty one must not be a null pointer.
static inline rd_kafka_error_t *wasmesh_produce(
    rd_kafka_t *client, rd_kafka_topic_t *topic, int32_t partition, const void *key, size_t key_size, const void *value,
    size_t value_size, int64_t timestamp, rd_kafka_headers_t *headers, uint64_t tag) {
    rd_kafka_vu_t fields[8];
    size_t count = 0;
    fields[count].vtype = RD_KAFKA_VTYPE_RKT;
    fields[count++].u.rkt = topic;
    fields[count].vtype = RD_KAFKA_VTYPE_PARTITION;
    fields[count++].u.i32 = partition;
    fields[count].vtype = RD_KAFKA_VTYPE_MSGFLAGS;
    fields[count++].u.i = RD_KAFKA_MSG_F_COPY;
    fields[count].vtype = RD_KAFKA_VTYPE_VALUE;
    fields[count].u.mem.ptr = (void *)value;
    fields[count++].u.mem.size = value_size;
    fields[count].vtype = RD_KAFKA_VTYPE_KEY;
    fields[count].u.mem.ptr = (void *)key;
    fields[count++].u.mem.size = key_size;
    fields[count].vtype = RD_KAFKA_VTYPE_OPAQUE;
    fields[count++].u.ptr = (void *)(uintptr_t)tag;
    if (timestamp > 0) {
        fields[count].vtype = RD_KAFKA_VTYPE_TIMESTAMP;
        fields[count++].u.i64 = timestamp;
    }
    if (headers) {
        fields[count].vtype = RD_KAFKA_VTYPE_HEADERS;
        fields[count++].u.headers = headers;
    }
    return rd_kafka_produceva(client, fields, count);
}
