/// Workflows, their schedules and attributes.
extension Rule {
    static let workflows: [Rule] = [
        .init("service S { @workflow m: Void }"),
        .init("service S { @workflow m(id: ID!): Int @durable(retries: 3, timeout: \"2s\") @auth(roles: [\"a\"]) }"),
        .init("service S { @workflow m: Void\n@signal s: Void\n@query q: Int }"),
        .init("service S { @workflow(1) m: Void }", "2: `@workflow` doesn't take the number `1` without a name"),
        .init("service S { @workflow @signal m: Void }", "2: `@signal` can't stand beside `@workflow`"),
        .init("service S { @workflow m: Void\n@signal @query s: Void }", "3: `@query` can't stand beside `@signal`"),
        .init("service S { m: Void\n@signal s: Void }", "3: `s` is a signal, and `S` has no workflow"),
        .init(
            "service S { m: Void\n@query q: Int }",
            "3: `q` is a query, and `S` has no workflow; mark one of its methods with `@workflow`, or remove `@query`: a handler can answer too"
        ),
        .init("service S { @workflow m: Void\n@signal s: Int }"),
        .init("service S { @workflow m: Void\n@signal s: Nothing }", "3: `Nothing`"),
        .init(
            "service S { @workflow m: Void\n@signal @durable s: Void }", "3: `@durable` has no meaning on a signal"),
        .init(
            "service S { @workflow m: Void\n@signal @scheduleOnly s: Void }",
            "3: `@scheduleOnly` has no meaning on a signal"),
        .init(
            "service S { @workflow m: Void\n@query @schedule(cron: \"* * * * *\") q: Int }",
            "3: `@schedule` is for handlers and workflows"),
        .init(
            "type E { id: ID! }\nservice S { @workflow m: Void\n@emits(event: \"a.b\", key: \"id\") @workflow e(event: E!): Void }",
            "4: `@workflow` has no meaning on `e`"),
        .init(
            "type E { id: ID! }\nservice S { @emits(event: \"a.b\", key: \"id\") e(event: E!): Void\n@handles(event: \"a.b\") @workflow f(event: E!): Void }",
            "4: `@workflow` is for calls, and `f` takes events"),
        .init("service S @workflow { m: Void }", "2: `@workflow` can't stand on a service"),
    ]

    static let schedules: [Rule] = [
        .init("service S { @schedule(cron: \"*/5 8-18/2 1,15 jan-mar mon-fri\") m(a: Int): Void }"),
        .init("service S { @schedule(\"0 0 * * 7\") m: Void }"),
        .init(
            "service S { @workflow @schedule(cron: \"0 3 * * *\", timezone: \"Europe/Berlin\", overlap: \"cancel\", catchUp: \"1h\") m: Void }"
        ),
        .init("service S { @schedule m: Void }", "2: `@schedule` wants the argument `cron`"),
        .init(
            "service S { @schedule(cron: \"* * * * *\", overlap: \"cancel\") m: Void }",
            "2: `m` is a handler, which can't be cancelled; write `skip` or `allow`"),
        .init("service S { @schedule(cron: \"* * * *\") m: Void }", "2: it has 4 fields, and wants five"),
        .init("service S { @schedule(cron: \"@daily\") m: Void }", "2: it has 1 field, and wants five"),
        .init(
            "service S { @schedule(cron: \"60 * * * *\") m: Void }",
            "2: the minute 60 is out of range; it goes from 0 to 59"),
        .init("service S { @schedule(cron: \"* 24 * * *\") m: Void }", "2: the hour 24 is out of range"),
        .init(
            "service S { @schedule(cron: \"* * 0 * *\") m: Void }", "2: the day 0 is out of range; it goes from 1 to 31"
        ),
        .init("service S { @schedule(cron: \"* * * foo *\") m: Void }", "2: `foo` isn't a month"),
        .init(
            "service S { @schedule(cron: \"* * * * 8\") m: Void }",
            "2: the weekday 8 is out of range; it goes from 0 to 7"),
        .init(
            "service S { @schedule(cron: \"* * * * fri-mon\") m: Void }", "2: `fri-mon` of the weekday counts backwards"
        ),
        .init("service S { @schedule(cron: \"*/0 * * * *\") m: Void }", "2: `*/0` isn't a step of the minute"),
        .init("service S { @schedule(cron: \"5/10 * * * *\") m: Void }", "2: write `5-59/10`"),
        .init("service S { @schedule(cron: \"1,,2 * * * *\") m: Void }", "2: `` isn't a minute"),
        .init("service S { @schedule(cron: \"0 0 30 2 *\") m: Void }", "2: so that it would never fire"),
        .init("service S { @schedule(cron: \"0 0 30 2 mon\") m: Void }"),
        .init("service S { @schedule(cron: \"0 0 29 2 *\") m: Void }"),
        .init(
            "service S { @schedule(cron: \"* * * * *\", timezone: \"Berlin\") m: Void }",
            "2: there is no time zone `Berlin`; did you mean `Europe/Berlin`?"),
        .init(
            "service S { @schedule(cron: \"* * * * *\", timezone: \"+01:00\") m: Void }",
            "2: there is no time zone `+01:00`; write a name of the IANA database"),
        .init(
            "service S { @schedule(cron: \"* * * * *\", overlap: \"skipp\") m: Void }", "2: did you mean `skip`?"),
        .init(
            "service S { @schedule(cron: \"* * * * *\", catchUp: \"31d\") m: Void }", "2: from 0s to 30d"),
        .init(
            "service S { @schedule(cron: \"* * * * *\") m(day: Date!): Void }",
            "2: `m` is called without arguments by its schedule, and `day` is needed; write `day: Date`"),
        .init(
            "type E { id: ID! }\nservice S { @emits(event: \"a.b\", key: \"id\") e(event: E!): Void\n@handles(event: \"a.b\") @schedule(cron: \"* * * * *\") f(event: E!): Void }",
            "4: `@schedule` is for calls, and `f` takes events"),
    ]

    static let attributes: [Rule] = [
        .init(
            "enum C { A }\ntype T @key(field: \"id\") { id: ID! @attribute  c: C @attribute  n: Int! @min(0) @attribute }\nservice S @state(type: \"T\") { @workflow m: Void }"
        ),
        .init(
            "type T @key(field: \"id\") { id: ID!  l: [Int] @attribute }\nservice S @state(type: \"T\") { @workflow m: Void }",
            "2: `@attribute` makes a column to search by, and `l` is `[Int]`"),
        .init(
            "type T @key(field: \"id\") { id: ID!  l: JSON @attribute }\nservice S @state(type: \"T\") { @workflow m: Void }",
            "2: `@attribute` makes a column to search by, and `l` is `JSON`"),
        .init(
            "type T @key(field: \"id\") { id: ID! @attribute }\nservice S @state(type: \"T\") { m: Void }",
            "2: `@attribute` is for the state of a service with workflows, and `T` is none"),
        .init("service S { @workflow m(a: ID! @attribute): Void }", "2: `@attribute` can't stand on an argument"),
    ]
}
