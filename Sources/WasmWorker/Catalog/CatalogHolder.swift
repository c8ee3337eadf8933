import Synchronization

/// The catalog in force; swapped as a whole, so that a message sees one version of everything.
final class CatalogHolder: Sendable {
    private let catalog: Mutex<ServiceCatalog>

    init(_ catalog: ServiceCatalog = ServiceCatalog(services: [])) { self.catalog = Mutex(catalog) }

    var current: ServiceCatalog { catalog.withLock { $0 } }

    func replace(with new: ServiceCatalog) { catalog.withLock { $0 = new } }
}
