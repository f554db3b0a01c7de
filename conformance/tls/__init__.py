"""TLS: versions, suites, groups, signatures, extensions, certificates, client certificates, the HTTP binding."""
