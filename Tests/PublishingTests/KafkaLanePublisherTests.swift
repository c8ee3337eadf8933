import Kafka
import MeshCore
import Outbox
import Publishing
import TestSupport
import Testing
