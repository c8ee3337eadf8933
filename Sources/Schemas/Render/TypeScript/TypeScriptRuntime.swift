/// What each TypeScript module has, whatever its schema: requests, answers, errors.
enum TypeScriptRuntime {
    /// Where the mesh is, its errors, and requests.
    static let core = #"""
        /** Any JSON. */
        export type MeshJson = null | boolean | number | string | MeshJson[] | { [name: string]: MeshJson };

        /** Where the mesh is, and who calls. */
        export interface MeshOptions {
            /** The router's address, such as `https://mesh.example.com`. */
            baseUrl: string;
            /** A caller's token. */
            token?: string | undefined;
            /** In the place of the platform's `fetch`. */
            fetch?: typeof globalThis.fetch | undefined;
        }

        /** An error of the mesh or of a service. */
        export class MeshError extends Error {
            /** The service's own code (`OUT_OF_STOCK`), else the mesh's. */
            readonly code: string;
            /** The mesh's code that it stands for. */
            readonly class: string;
            /** The Connect protocol's code. */
            readonly connectCode: string;
            /** The HTTP status; 0 where no answer came. */
            readonly status: number;
            /** The same request may succeed later. */
            readonly retryable: boolean;
            /** What the service says besides. */
            readonly details: MeshJson;
            /** When it happened. */
            readonly timestamp: string;

            constructor(error: MeshErrorBody, status?: number, connectCode?: string, options?: { cause: unknown }) {
                super(error.message, options);
                this.name = "MeshError";
                this.code = error.code;
                this.class = error.class ?? error.code;
                const [usual, usualStatus] = $codes[this.class] ?? ["unknown", 500];
                this.connectCode = connectCode ?? usual;
                this.status = status ?? usualStatus;
                this.retryable = error.retryable;
                this.details = error.details ?? null;
                this.timestamp = error.timestamp;
            }
        }

        /** An error as it is on the wire. */
        export interface MeshErrorBody {
            code: string;
            class?: string;
            message: string;
            details?: MeshJson;
            retryable: boolean;
            timestamp: string;
        }

        /** The Connect code and the HTTP status of each code of the mesh. */
        const $codes: Record<string, [string, number]> = {
            INVALID_REQUEST: ["invalid_argument", 400],
            NOT_FOUND: ["not_found", 404],
            INSTANCE_NOT_FOUND: ["not_found", 404],
            PERMISSION_DENIED: ["permission_denied", 403],
            UNAUTHENTICATED: ["unauthenticated", 401],
            RESOURCE_EXHAUSTED: ["resource_exhausted", 429],
            PROVIDER_UNAVAILABLE: ["unavailable", 503],
            COMMUNICATION_FAILURE: ["unavailable", 503],
            DEADLINE_EXCEEDED: ["deadline_exceeded", 504],
            CONFLICT: ["aborted", 409],
            FAILED_PRECONDITION: ["failed_precondition", 400],
            INTERNAL_ERROR: ["internal", 500],
        };

        async function $request(
            mesh: MeshOptions, method: string, path: string, headers: Record<string, string | undefined>,
            content: string | undefined, signal: AbortSignal | undefined,
        ): Promise<{ status: number; body: any }> {
            const fields: Record<string, string> = {};
            for (const [name, value] of Object.entries(headers)) {
                if (value !== undefined) fields[name] = $bytes(value);
            }
            let status = 0;
            let text = "";
            try {
                const response = await (mesh.fetch ?? globalThis.fetch)(mesh.baseUrl.replace(/\/+$/, "") + path, {
                    method, headers: fields, body: content ?? null, signal: signal ?? null,
                });
                status = response.status;
                text = await response.text();
            } catch (error) {
                if (signal?.aborted) throw error;
                const message = `no answer from ${mesh.baseUrl}: ${error instanceof Error ? error.message : error}`;
                throw $failure(message, status, { cause: error });
            }
            let body: any;
            try {
                body = JSON.parse(text);
            } catch {
                throw $failure(`${mesh.baseUrl} answered ${status} with something that isn't the mesh's`, status);
            }
            if (status >= 200 && status < 300) return { status, body };
            const error = body?.mesh ?? body;
            if (typeof error?.code !== "string" || typeof error.message !== "string") {
                throw $failure(`${mesh.baseUrl} answered ${status} with something that isn't the mesh's`, status);
            }
            throw new MeshError(error, status, body.mesh ? body.code : undefined);
        }

        /** It may have been done: whoever tries again says with an idempotency key that it is the same. */
        function $failure(message: string, status: number, options?: { cause: unknown }): MeshError {
            const body = { code: "COMMUNICATION_FAILURE", message, retryable: false, timestamp: new Date().toISOString() };
            return new MeshError(body, status, undefined, options);
        }

        /** A header's value, which `fetch` takes byte by byte. */
        function $bytes(text: string): string {
            return Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte)).join("");
        }

        """#

    /// What calls need besides.
    static let calls = #"""
        export interface MeshCallOptions {
            /** Makes repeating harmless for a day: the same key and arguments, written in the same order, get the first call's answer. */
            idempotencyKey?: string | undefined;
            /** How long the mesh tries to answer; half a minute without it. */
            timeoutMs?: number | undefined;
            /** The call's key (a workflow's id), where its arguments have none. */
            key?: string | undefined;
            /** W3C trace context. */
            traceparent?: string | undefined;
            /** Ends the waiting; the call itself goes on. */
            signal?: AbortSignal | undefined;
            respondAsync?: false | undefined;
        }

        /** Options of a call whose answer is polled for. */
        export interface MeshAsyncOptions extends Omit<MeshCallOptions, "respondAsync"> {
            respondAsync: true;
            /** Sends the call so much later; or give `due`. */
            delayMs?: number | undefined;
            /** Sends the call then. */
            due?: Date | undefined;
        }

        export type MeshCallState<Answer> =
            | { state: "pending" }
            | { state: "done"; answer: Answer }
            | { state: "failed"; error: MeshError };

        /** A call that was accepted, and is carried out whether or not somebody asks for its answer, which is kept for a day. */
        export class MeshCall<Answer> {
            /** The call's id. */
            readonly id: string;
            /** The id of the workflow that it starts. */
            readonly workflow: string | undefined;
            readonly #mesh: MeshOptions;
            readonly #read: (body: any) => Answer;

            constructor(mesh: MeshOptions, accepted: { id: string; workflow?: string }, read: (body: any) => Answer) {
                this.id = accepted.id;
                this.workflow = accepted.workflow;
                this.#mesh = mesh;
                this.#read = read;
            }

            /** What has become of it. */
            async poll(options: { signal?: AbortSignal | undefined } = {}): Promise<MeshCallState<Answer>> {
                const path = "/api/v1/calls/" + encodeURIComponent(this.id);
                const { body } = await $request(this.#mesh, "GET", path, {}, undefined, options.signal);
                switch (body.state) {
                    case "done": return { state: "done", answer: this.#read(body.answer) };
                    case "failed": return { state: "failed", error: new MeshError(body.error) };
                    default: return { state: "pending" };
                }
            }

            /** Polls until the answer is there; throws what the call failed with. */
            async result(options: { intervalMs?: number; signal?: AbortSignal | undefined } = {}): Promise<Answer> {
                for (;;) {
                    const state = await this.poll(options);
                    if (state.state === "done") return state.answer;
                    if (state.state === "failed") throw state.error;
                    await $sleep(options.intervalMs ?? 500, options.signal);
                }
            }
        }

        /** What an answer is on the wire, by the form of its type. */
        const $read = {
            nothing: (_: any): void => undefined,
            value: (body: any): any => body.value ?? null,
            object: (body: any): any => body,
            // A type that may be null has no field of this name.
            objectOrNull: (body: any): any => ("value" in body ? null : body),
        };

        async function $call(
            mesh: MeshOptions, method: string, args: object, options: MeshCallOptions | MeshAsyncOptions,
            read: (body: any) => any,
        ): Promise<any> {
            // A time without `respondAsync` is sent all the same: the router refuses it, and says why.
            const { delayMs, due } = options as MeshAsyncOptions;
            const headers = {
                "Connect-Protocol-Version": "1",
                "Idempotency-Key": $key(options.idempotencyKey),
                "Connect-Timeout-Ms": options.timeoutMs === undefined ? undefined : String(Math.ceil(options.timeoutMs)),
                "Mesh-Key": $key(options.key),
                "Prefer": options.respondAsync ? "respond-async" : undefined,
                "Mesh-Delay-Ms": delayMs === undefined ? undefined : String(Math.ceil(delayMs)),
                "Mesh-Due": due?.toISOString(),
                "Authorization": mesh.token === undefined ? undefined : "Bearer " + mesh.token,
                "traceparent": options.traceparent,
                "Content-Type": "application/json",
            };
            const { status, body } = await $request(mesh, "POST", "/" + method, headers, JSON.stringify(args), options.signal);
            return status === 202 ? new MeshCall(mesh, body, read) : read(body);
        }

        /** HTTP would take spaces at its ends away, and the router a pair of quotes: it would be another key. */
        function $key(text: string | undefined): string | undefined {
            if (text === undefined || !/^ |[\u0000-\u001f\u007f]| $|^".*"$/.test(text)) return text;
            const message = `the key ${JSON.stringify(text)} has a control character, or a space or quotes at its beginning and end`;
            throw new MeshError({ code: "INVALID_REQUEST", message, retryable: false, timestamp: new Date().toISOString() });
        }

        function $sleep(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
            return new Promise((resolve, reject) => {
                if (signal?.aborted) return reject(signal.reason);
                const abort = () => {
                    clearTimeout(timer);
                    reject(signal?.reason);
                };
                const timer = setTimeout(() => {
                    signal?.removeEventListener("abort", abort);
                    resolve();
                }, milliseconds);
                signal?.addEventListener("abort", abort, { once: true });
            });
        }

        """#

    /// What events need besides.
    static let events = #"""
        export interface MeshEmitOptions {
            /** The event's id; the same id of the same source is the same event. A new one without it. */
            id?: string | undefined;
            /** Who says it. */
            source?: string | undefined;
            /** When it happened; now without it. */
            time?: Date | undefined;
            /** The key, where the event's declaration names no field. */
            subject?: string | undefined;
            /** W3C trace context. */
            traceparent?: string | undefined;
            signal?: AbortSignal | undefined;
        }

        /** What became of a published event: one of both is 1. */
        export interface MeshPublished {
            accepted: number;
            repeated: number;
        }

        /** Publishes an event; it is durable when this returns. */
        export async function emit<Name extends keyof MeshEvents>(
            mesh: MeshOptions, type: Name, data: MeshEvents[Name], options: MeshEmitOptions = {},
        ): Promise<MeshPublished> {
            const event = {
                specversion: "1.0",
                id: options.id ?? globalThis.crypto.randomUUID(),
                source: options.source ?? "/typescript",
                type,
                time: (options.time ?? new Date()).toISOString(),
                subject: options.subject,
                traceparent: options.traceparent,
                datacontenttype: "application/json",
                data,
            };
            const headers = { "Content-Type": "application/cloudevents+json" };
            return (await $request(mesh, "POST", "/events", headers, JSON.stringify(event), options.signal)).body;
        }

        """#
}
