import MeshCore

/// A file of the page for operators, as it is built into the program.
struct PageFile: Sendable {
    /// Below `/ui/`; the page itself has none.
    let path: String
    let content: [UInt8]
    /// A strong validator: what the content is.
    let entityTag: String

    init(_ path: String, _ content: [UInt8]) {
        self.path = path
        self.content = content
        entityTag = "\"\(SHA256.hex(content).prefix(32))\""
    }

    var type: String {
        switch path.split(separator: ".").last {
        case "js": "text/javascript; charset=utf-8"
        case "css": "text/css; charset=utf-8"
        case "svg": "image/svg+xml"
        default: "text/html; charset=utf-8"
        }
    }
}

extension PageFile {
    /// All there are. What isn't here isn't served: a request never becomes the name of a file.
    static let all: [PageFile] =
        [
            PageFile("", PackageResources.index_html),
            PageFile("icon.svg", PackageResources.icon_svg),
            PageFile("app.js", PackageResources.app_js),
        ] + core + parts + views + workflow + services + style

    private static let core = [
        PageFile("core/api.js", PackageResources.api_js),
        PageFile("core/dom.js", PackageResources.dom_js),
        PageFile("core/json.js", PackageResources.json_js),
        PageFile("core/place.js", PackageResources.place_js),
        PageFile("core/session.js", PackageResources.session_js),
        PageFile("core/text.js", PackageResources.text_js),
    ]
    private static let parts = [
        PageFile("parts/bar.js", PackageResources.bar_js),
        PageFile("parts/dialog.js", PackageResources.dialog_js),
        PageFile("parts/notice.js", PackageResources.notice_js),
        PageFile("parts/tables.js", PackageResources.tables_js),
        PageFile("parts/values.js", PackageResources.values_js),
    ]
    private static let views = [
        PageFile("views/access.js", PackageResources.access_js),
        PageFile("views/dead-letter.js", PackageResources.dead_letter_js),
        PageFile("views/dead-letters.js", PackageResources.dead_letters_js),
        PageFile("views/login.js", PackageResources.login_js),
        PageFile("views/overview.js", PackageResources.overview_js),
        PageFile("views/schedules.js", PackageResources.schedules_js),
        PageFile("views/services.js", PackageResources.services_js),
        PageFile("views/state.js", PackageResources.state_js),
        PageFile("views/views.js", PackageResources.views_js),
        PageFile("views/workflow.js", PackageResources.workflow_js),
        PageFile("views/workflows.js", PackageResources.workflows_js),
    ]
    private static let workflow = [
        PageFile("workflow/counts.js", PackageResources.counts_js),
        PageFile("workflow/entries.js", PackageResources.entries_js),
        PageFile("workflow/journal.js", PackageResources.journal_js),
        PageFile("workflow/orders.js", PackageResources.orders_js),
        PageFile("workflow/scale.js", PackageResources.scale_js),
        PageFile("workflow/steps.js", PackageResources.steps_js),
        PageFile("workflow/timeline.js", PackageResources.timeline_js),
    ]
    private static let services = [
        PageFile("services/drawing.js", PackageResources.drawing_js),
        PageFile("services/layers.js", PackageResources.layers_js),
        PageFile("services/offers.js", PackageResources.offers_js),
    ]
    private static let style = [
        PageFile("style/base.css", PackageResources.base_css),
        PageFile("style/parts.css", PackageResources.parts_css),
        PageFile("style/timeline.css", PackageResources.timeline_css),
    ]
}
