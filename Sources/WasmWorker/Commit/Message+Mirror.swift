import MeshCore
import Outbox

extension Message {
    /// The message as the topic of dead letters shows it; the dead letter itself keeps every byte.
    ///
    /// It goes through the outbox, whose columns are text: what isn't text is shown as `{"base64": "…"}`, and a zero byte as U+FFFD.
    /// A dead letter that couldn't be stored would hold its partition up for ever.
    var mirror: Message {
        var mirror = self
        mirror.id = id.withoutNUL
        mirror.type = type.withoutNUL
        mirror.source = source.withoutNUL
        mirror.key = key?.withoutNUL
        mirror.extensions.replyTo = nil
        mirror.extensions.keepsResult = false
        if !data.isStorableText { mirror.data = Array("{\"base64\":\"\(Base64.encode(data))\"}".utf8) }
        return mirror
    }
}
