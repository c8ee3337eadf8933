internal import CRdKafka

extension KafkaError {
    /// An error from a bare response code; `context` says what was being done.
    init(_ code: rd_kafka_resp_err_t, _ context: String, detail: String? = nil) {
        let text = detail ?? String(cString: rd_kafka_err2str(code))
        self.init(
            Code(code), "\(context): \(text)", isRetriable: KafkaError.retriable.contains(Code(code)),
            isFatal: Code(code) == .fatal)
    }

    /// Takes over and frees an error object; nil when there is none.
    init?(taking error: OpaquePointer?, _ context: @autoclosure () -> String) {
        guard let error else { return nil }
        defer { rd_kafka_error_destroy(error) }
        let code = Code(rd_kafka_error_code(error))
        self.init(
            code, "\(context()): \(String(cString: rd_kafka_error_string(error)))",
            isRetriable: rd_kafka_error_is_retriable(error) != 0 || KafkaError.retriable.contains(code),
            isFatal: rd_kafka_error_is_fatal(error) != 0)
    }

    /// The client was closed before `operation`.
    static func closed(_ operation: String) -> KafkaError {
        KafkaError(.closed, "\(operation): the Kafka client is closed")
    }

    /// What ends a producer, or breaks the row of its sequence numbers.
    static let producerCodes: Set<Code> = Set(
        [
            RD_KAFKA_RESP_ERR__PURGE_QUEUE, RD_KAFKA_RESP_ERR__PURGE_INFLIGHT, RD_KAFKA_RESP_ERR__DESTROY,
            RD_KAFKA_RESP_ERR__FATAL, RD_KAFKA_RESP_ERR__STATE, RD_KAFKA_RESP_ERR__FENCED,
            RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER, RD_KAFKA_RESP_ERR_UNKNOWN_PRODUCER_ID,
            RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH, RD_KAFKA_RESP_ERR_INVALID_PRODUCER_ID_MAPPING,
            RD_KAFKA_RESP_ERR_PRODUCER_FENCED, RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED,
        ].map { Code($0) })

    /// What passes by itself: brokers that are away or changing roles, and full queues.
    private static let retriable: Set<Code> = Set(
        [
            RD_KAFKA_RESP_ERR__QUEUE_FULL, RD_KAFKA_RESP_ERR__TRANSPORT, RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN,
            RD_KAFKA_RESP_ERR__TIMED_OUT, RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE, RD_KAFKA_RESP_ERR__MSG_TIMED_OUT,
            RD_KAFKA_RESP_ERR__RESOLVE, RD_KAFKA_RESP_ERR__WAIT_COORD, RD_KAFKA_RESP_ERR__RETRY,
            RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE, RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION,
            RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT, RD_KAFKA_RESP_ERR_BROKER_NOT_AVAILABLE,
            RD_KAFKA_RESP_ERR_REPLICA_NOT_AVAILABLE, RD_KAFKA_RESP_ERR_NETWORK_EXCEPTION,
            RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS, RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE,
            RD_KAFKA_RESP_ERR_NOT_COORDINATOR, RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS,
            RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS_AFTER_APPEND, RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS,
            RD_KAFKA_RESP_ERR_NOT_CONTROLLER,
        ].map { Code($0) })
}
