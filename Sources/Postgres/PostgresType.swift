/// The types we speak in binary, by the object ids that are fixed in every Postgres (`pg_type.dat`).
package enum PostgresType: UInt32, Sendable, CaseIterable {
    case bool = 16
    case bytea = 17
    case int8 = 20
    case int2 = 21
    case int4 = 23
    case text = 25
    case oid = 26
    case json = 114
    case float4 = 700
    case float8 = 701
    case timestamptz = 1184
    case uuid = 2950
    case jsonb = 3802
    case boolArray = 1000
    case byteaArray = 1001
    case int4Array = 1007
    case textArray = 1009
    case int8Array = 1016
    case float8Array = 1022
    case timestamptzArray = 1185
    case uuidArray = 2951
    case jsonbArray = 3807
}

/// Microseconds from 1970-01-01, our epoch, to 2000-01-01, that of Postgres.
let postgresEpoch: Int64 = 946_684_800_000_000
