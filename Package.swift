// swift-tools-version: 6.2
import PackageDescription

// The manifest is the architecture: a target per room, arrows only downward. ARCHITECTURE.md draws it.

/// SwiftPM compiles C at -O0 in debug builds, which makes kernel tests crawl. Contraction is off so that the scalar
/// reference rounds where it says it rounds and integer kernels agree with it bit for bit.
let kernelFlags: [CSetting] = [.unsafeFlags(["-O3", "-fno-math-errno", "-ffp-contract=off", "-Wall", "-Wextra"])]

let package = Package(
    name: "terse",
    products: [.executable(name: "terse", targets: ["terse"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.0"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    ],
    targets: [
        // Floor 0
        .target(name: "CTerseKernels", cSettings: kernelFlags),
        .target(name: "TerseJSON"),
        .target(name: "TerseConfiguration", dependencies: ["Yams"]),
        // Floor 1
        .target(name: "TerseTensor", dependencies: ["CTerseKernels"]),
        .target(name: "TerseTokenizer"),
        .target(name: "TerseChat", dependencies: ["TerseJSON"]),
        .target(name: "TerseGrammar", dependencies: ["TerseJSON"]),
        .target(name: "TerseTelemetry"),
        .target(
            name: "TerseHub",
            dependencies: [
                "TerseJSON", .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Crypto", package: "swift-crypto"), .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"), .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ]),
        // Floor 2
        .target(name: "TerseFormats", dependencies: ["TerseTensor", "TerseTokenizer", "TerseJSON"]),
        // Floor 3
        .target(name: "TerseModel", dependencies: ["TerseTensor", "TerseFormats"]),
        // Floor 4
        .target(
            name: "TerseEvaluation", dependencies: ["TerseModel", "TerseFormats", "TerseTokenizer", "TerseJSON"]),
        .target(name: "TerseEngine", dependencies: ["TerseModel", "TerseTokenizer", "TerseTensor"]),
        // Floor 5
        .target(
            name: "TerseTraining",
            dependencies: [
                "TerseModel", "TerseFormats", "TerseTokenizer", "TerseTensor", "TerseJSON", "TerseConfiguration",
            ]),
        .target(
            name: "TerseRegistry",
            dependencies: [
                "TerseFormats", "TerseJSON", .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "Crypto", package: "swift-crypto"),
            ]),
        // Floor 6
        .target(
            name: "TerseProfiling",
            dependencies: [
                "TerseTensor", "TerseFormats", "TerseModel", "TerseJSON", "TerseEvaluation", "TerseEngine",
                "TerseRegistry",
            ]),
        .target(name: "TerseOperations", dependencies: ["TerseConfiguration"]),
        // Floor 7
        .target(
            name: "TerseServer",
            dependencies: [
                "TerseEngine", "TerseModel", "TerseFormats", "TerseTokenizer", "TerseGrammar", "TerseChat",
                "TerseRegistry", "TerseOperations", "TerseTelemetry", "TerseJSON", "TerseConfiguration",
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "HummingbirdTLS", package: "hummingbird"),
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            resources: [
                "dashboard.html", "dashboard.css", "dashboard.js", "operations.html", "operations.js", "page.js",
            ].map { .embedInCode("Gateway/Dashboard/\($0)") }),
        // The command line
        .executableTarget(
            name: "terse",
            dependencies: [
                "TerseTensor", "TerseJSON", "TerseTokenizer", "TerseChat", "TerseFormats", "TerseModel",
                "TerseEvaluation", "TerseEngine", "TerseHub", "TerseTelemetry", "TerseTraining", "TerseRegistry",
                "TerseProfiling", "TerseOperations", "TerseConfiguration", "TerseServer",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ]),
        // Tests, one target per room, and what they share
        .target(name: "TestSupport", path: "Tests/TestSupport"),
        .testTarget(
            name: "TerseTensorTests", dependencies: ["TerseTensor", "CTerseKernels", "TestSupport"],
            exclude: ["Fixtures"]),
        .testTarget(name: "TerseJSONTests", dependencies: ["TerseJSON", "TestSupport"], exclude: ["Fixtures"]),
        .testTarget(name: "TerseConfigurationTests", dependencies: ["TerseConfiguration", "TestSupport"]),
        .testTarget(
            name: "TerseTokenizerTests", dependencies: ["TerseTokenizer", "TerseFormats", "TerseJSON", "TestSupport"],
            exclude: ["Fixtures"]),
        .testTarget(
            name: "TerseChatTests", dependencies: ["TerseChat", "TerseJSON", "TestSupport"], exclude: ["Fixtures"]),
        .testTarget(
            name: "TerseGrammarTests",
            dependencies: ["TerseGrammar", "TerseJSON", "TerseFormats", "TerseTokenizer", "TestSupport"],
            exclude: ["Fixtures"]),
        .testTarget(
            name: "TerseHubTests",
            dependencies: ["TerseHub", "TestSupport", .product(name: "NIOSSL", package: "swift-nio-ssl")]),
        .testTarget(
            name: "TerseFormatsTests", dependencies: ["TerseFormats", "TerseTensor", "TerseJSON", "TestSupport"],
            exclude: ["Fixtures"]),
        .testTarget(
            name: "TerseModelTests",
            dependencies: ["TerseModel", "TerseFormats", "TerseTokenizer", "TerseTensor", "TerseJSON", "TestSupport"],
            exclude: ["Fixtures"]),
        .testTarget(
            name: "TerseEvaluationTests",
            dependencies: [
                "TerseEvaluation", "TerseModel", "TerseFormats", "TerseTokenizer", "TerseTensor", "TerseJSON",
                "TestSupport",
            ],
            exclude: ["Fixtures"]),
        .testTarget(
            name: "TerseEngineTests",
            dependencies: [
                "TerseEngine", "TerseModel", "TerseFormats", "TerseTokenizer", "TerseTensor", "TestSupport",
            ]),
        .testTarget(
            name: "TerseTrainingTests",
            dependencies: [
                "TerseTraining", "TerseModel", "TerseFormats", "TerseTokenizer", "TerseTensor", "TerseJSON",
                "TestSupport",
            ], exclude: ["Fixtures"]),
        .testTarget(
            name: "TerseRegistryTests",
            dependencies: ["TerseRegistry", "TestSupport", .product(name: "GRDB", package: "GRDB.swift")],
            exclude: ["Fixtures"]),
        .testTarget(name: "TerseTelemetryTests", dependencies: ["TerseTelemetry", "TestSupport"]),
        .testTarget(
            name: "TerseProfilingTests",
            dependencies: [
                "TerseProfiling", "TerseEngine", "TerseEvaluation", "TerseModel", "TerseFormats", "TerseTensor",
                "TerseRegistry", "TerseJSON", "TestSupport",
            ]),
        .testTarget(
            name: "TerseOperationsTests", dependencies: ["TerseOperations", "TerseConfiguration", "TestSupport"]),
        .testTarget(
            name: "TerseServerTests",
            dependencies: [
                "TerseServer", "TerseEngine", "TerseGrammar", "TerseOperations", "TerseRegistry", "TerseTelemetry",
                "TerseJSON", "TestSupport",
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Logging", package: "swift-log"), .product(name: "NIOCore", package: "swift-nio"),
            ]),
        .testTarget(name: "CommandTests", dependencies: ["TerseJSON", "TestSupport"], exclude: ["Fixtures"]),
        .testTarget(name: "TidyTests"),
    ],
    swiftLanguageModes: [.v6]
)
