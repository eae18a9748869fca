import Foundation
import GRDB
import TestSupport
import Testing

@testable import TerseRegistry

/// Deployments as they are recorded: what may follow what, and what their ends are.
@Suite struct DeploymentTests {
    let shelf: Shelf

    init() throws { shelf = try Shelf.ofTwoVersions() }

    private var registry: Registry { shelf.registry }

    private func begin(_ candidate: String = "stories:2") throws -> DeploymentRecord {
        try registry.beginDeployment(
            of: try reference(candidate), spec: "candidate: stories:2\n", source: "/specs/a.yaml", by: shelf.by)
    }

    private func finish(_ deployment: DeploymentRecord) throws -> DeploymentRecord {
        try registry.finishDeployment(
            deployment.id, plan: #"{"steps": 4}"#, state: #"{"step": 1}"#, weight: 0.25, by: shelf.by)
    }

    @Test func itEndsWithARolloutInOneTransaction() throws {
        let deployment = try begin()
        #expect(deployment.candidate.description == "stories:2/f16" && deployment.source == "/specs/a.yaml")
        #expect(deployment.spec == "candidate: stories:2\n" && deployment.end == nil && deployment.has(.begun))
        try registry.record(.accepted, ofDeployment: deployment.id, details: #"{"verdicts": []}"#, by: shelf.by)
        let done = try finish(deployment)
        #expect(done.events.map(\.kind) == [.begun, .accepted, .rolledOut])
        #expect(done.events[1].details == #"{"verdicts": []}"#)
        let rollout = try registry.rollout(try #require(done.end?.rollout))
        #expect(rollout.candidate == deployment.candidate && rollout.weight == 0.25 && rollout.plan == #"{"steps": 4}"#)
        #expect(try shelf.production("stories") == 1)
        #expect(try registry.latestDeployment(of: deployment.candidate) == done)
        #expect(try registry.verify().problems == [])
        let events = try registry.history(of: "stories").suffix(4).map(\.event)
        #expect(Set(events) == [.deploymentBegun, .deploymentAccepted, .deploymentRolledOut, .rolloutBegun])
    }

    @Test func whereNothingIsLiveItIs() throws {
        try registry.clearAlias(RegistryName.production, of: "stories", by: shelf.by)
        let done = try finish(try begin())
        #expect(done.end?.kind == .live && done.end?.rollout == nil)
        #expect(try shelf.production("stories") == 2)
        #expect(try registry.rollouts(of: "stories").isEmpty)
        #expect(try registry.verify().problems == [])
    }

    /// It waits then, and can be finished when that has ended.
    @Test func aRolloutUnderWayIsInTheWay() throws {
        try shelf.add("stories", Array("three".utf8))
        let other = try registry.beginRollout(
            of: try reference("stories:3"), plan: "{}", state: "{}", weight: 0, by: shelf.by)
        let deployment = try begin()
        #expect(refusal { _ = try finish(deployment) }?.contains("rollout \(other.id)") == true)
        #expect(try registry.deployment(deployment.id).end == nil)
        try registry.record(.aborted, ofRollout: other.id, by: shelf.by)
        #expect(try finish(deployment).end?.kind == .rolledOut)
    }

    @Test func aModelHasOneAtATime() throws {
        let deployment = try begin()
        #expect(refusal { _ = try begin() }?.contains("deployment \(deployment.id) of stories:2/f16") == true)
        #expect(try registry.deployments(of: "stories", runningOnly: true).map(\.id) == [deployment.id])
        try registry.record(.withdrawn, ofDeployment: deployment.id, by: shelf.by)
        #expect(try begin().id > deployment.id)
        #expect(try registry.deployments().count == 2)
        #expect(try registry.deployments(latest: 1).map(\.id) == registry.deployments().suffix(1).map(\.id))
    }

    @Test func nothingFollowsAnEnd() throws {
        let deployment = try begin()
        try registry.record(.refused, ofDeployment: deployment.id, by: shelf.by)
        for kind in [DeploymentRecord.Event.Kind.accepted, .tuned, .withdrawn, .failed] {
            let message = refusal { try registry.record(kind, ofDeployment: deployment.id, by: shelf.by) }
            #expect(message?.contains("was refused at") == true, "\(kind)")
        }
        #expect(refusal { _ = try finish(deployment) } != nil)
        #expect(try registry.rollouts(of: "stories").isEmpty)
        #expect(try registry.latestDeployment(of: deployment.candidate) == nil)
    }

    @Test func whatIsLiveOrUnknownIsNoCandidate() throws {
        #expect(refusal { _ = try begin("stories:1") }?.contains("stories:1") == true)
        #expect(registryError { _ = try begin("stories:9") }?.code == .notFound)
        #expect(registryError { _ = try registry.deployment(7) }?.code == .notFound)
    }

    @Test func aCandidateUnderWayIsKept() throws {
        let deployment = try begin()
        #expect(registryError { _ = try registry.remove(deployment.candidate, by: shelf.by) } != nil)
        try registry.record(.withdrawn, ofDeployment: deployment.id, by: shelf.by)
        _ = try registry.remove(deployment.candidate, by: shelf.by)
    }

    @Test func oneProcessLeads() throws {
        let lease = try registry.leadDeployments(of: "stories")
        #expect(lease != nil)
        #expect(try registry.leadDeployments(of: "stories") == nil)
        #expect(try registry.leadRollouts(of: "stories") != nil)
        withExtendedLifetime(lease) {}
    }

    /// What the database refuses whoever writes, and what verification finds where it was forced.
    @Test func recordsAreKept() throws {
        let deployment = try finish(try begin())
        for sql in [
            "DELETE FROM deployment", "UPDATE deployment SET spec = ''", "DELETE FROM deployment_event",
            "UPDATE deployment_event SET kind = 'live'",
            """
            INSERT INTO deployment_event (deployment_id, kind, details, made_at, made_by)
            VALUES (\(deployment.id), 'accepted', '{}', '2100-01-01 00:00:00.000', 'x')
            """,
        ] {
            #expect(throws: (any Error).self, "\(sql)") { try registry.write { try $0.execute(sql: sql) } }
        }
        try shelf.force(
            """
            INSERT INTO deployment_event (deployment_id, kind, details, made_at, made_by)
            VALUES (\(deployment.id), 'accepted', '{}', '2100-01-01 00:00:00.000', 'x')
            """)
        let problems = try registry.verify().problems
        #expect(problems.contains { $0.contains("deployment \(deployment.id) goes on after its end") }, "\(problems)")
    }
}
