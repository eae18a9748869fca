import TerseTelemetry
import Testing

/// Prometheus' text format.
@Suite struct MetricPageTests {
    @Test func familiesAreSpelled() {
        let histogram = Histogram(bounds: [0.5, 1])
        for value in [0.25, 0.75, 3] { histogram.observe(value) }
        let page = MetricPage.text([
            .counter("a_total", "Back\\slash\nand break.", 3, [("name", "quote \" and \\")]),
            .gauge("b", "A half.", 0.5),
            .histogram("c_seconds", "Times.", histogram, [("model", "m")]),
        ])
        #expect(
            page == """
                # HELP a_total Back\\\\slash\\nand break.
                # TYPE a_total counter
                a_total{name="quote \\" and \\\\"} 3
                # HELP b A half.
                # TYPE b gauge
                b 0.5
                # HELP c_seconds Times.
                # TYPE c_seconds histogram
                c_seconds_bucket{model="m",le="0.5"} 1
                c_seconds_bucket{model="m",le="1"} 2
                c_seconds_bucket{model="m",le="+Inf"} 3
                c_seconds_sum{model="m"} 4
                c_seconds_count{model="m"} 3

                """)
    }

    @Test func pagesOfSeveralWorkersAreJoinedByFamily() {
        let pages = ["x", "y"].map { model in
            MetricPage.text([
                .counter("a_total", "A.", 1, [("model", model)]), .gauge("b", "B.", 2, [("model", model)]),
            ])
        }
        #expect(
            MetricPage.merged(pages + ["# HELP d D.\n# TYPE d gauge\nd 1\n"]) == """
                # HELP a_total A.
                # TYPE a_total counter
                a_total{model="x"} 1
                a_total{model="y"} 1
                # HELP b B.
                # TYPE b gauge
                b{model="x"} 2
                b{model="y"} 2
                # HELP d D.
                # TYPE d gauge
                d 1

                """)
    }
}
