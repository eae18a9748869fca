import Foundation
import TerseJSON
import TestSupport
import Testing

@Suite struct ConvertTests {
    @Test func convertingTellsWhatFellBack() throws {
        // Rows of 64 and 172 elements are no multiple of a K block of 256.
        let scratch = try TemporaryFolder()
        let output = scratch.path("k.gguf")
        let result = try Program.run(["convert", Stories.shipped, output, "--type", "q4_k"])
        #expect(result.status == 0, "\(result.summary)")
        #expect(result.errors.contains("36 of 47 tensors fell back to another type"), "\(result.summary)")
        let inspected = try Program.run(["inspect", output])
        #expect(inspected.status == 0, "\(inspected.summary)")
    }

    @Test func failuresLeaveNoFile() throws {
        let scratch = try TemporaryFolder()
        let output = scratch.path("out.gguf")
        let cases: [([String], Int32, String)] = [
            ([scratch.path("absent"), output], 1, "absent"),
            ([Stories.shipped, output, "--type", "q3_x"], 64, "q3_x"),
            ([Stories.shipped, output, "--type", "i2_s"], 64, "tq2_0"),
            ([Stories.shipped, output, "--embedding-type", "i2_s"], 64, "q6_k"),
            ([Stories.shipped, scratch.path("no/such/folder.gguf")], 1, "folder.gguf"),
            ([Stories.shipped, Stories.shipped], 1, "same file"),
            ([Stories.shipped, "/dev/full"], 1, "No space left on device"),
        ]
        for (arguments, status, message) in cases {
            let result = try Program.run(["convert"] + arguments)
            #expect(result.status == status && result.errors.contains(message), "\(arguments): \(result.summary)")
            #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.url.path).isEmpty)
        }
        var device = stat()
        #expect(stat("/dev/full", &device) == 0 && device.st_mode & S_IFMT == S_IFCHR)
    }

    @Test func templateAndDescriptionGoIntoTheFile() throws {
        let scratch = try TemporaryFolder()
        let template = "{% for message in messages %}{{ message.content }}\n{% endfor %}"
        let path = try scratch.write(Data(template.utf8), "template.jinja")
        let output = scratch.path("out.gguf")
        let result = try Program.run([
            "convert", Stories.shipped, output, "--chat-template", path, "--description", "tells\nstories", "--license",
            "MIT",
        ])
        #expect(result.status == 0, "\(result.summary)")
        let inspected = try JSONValue.parse(Array(try Program.run(["inspect", output, "--json"]).output.utf8))
        #expect(inspected["chat_template"]?.stringValue == template)
        #expect(inspected["description"]?.stringValue == "tells\nstories")
        #expect(inspected["license"]?.stringValue == "MIT")
        let text = try Program.run(["inspect", output]).output
        #expect(text.contains(#/description +tells\n +stories\nlicence +MIT\n/#), "\(text)")
        let broken = try scratch.write(Data("\n{% for %}".utf8), "broken.jinja")
        let none = try Program.run(
            ["convert", Stories.shipped, scratch.path("b.gguf"), "--chat-template", "-"], input: " \n")
        #expect(none.status == 1 && none.errors.contains("standard input: expected a chat template"), "\(none.summary)")
        let refused = try Program.run(["convert", Stories.shipped, scratch.path("b.gguf"), "--chat-template", broken])
        #expect(refused.status == 1 && refused.errors.contains("broken.jinja: "), "\(refused.summary)")
        #expect(!FileManager.default.fileExists(atPath: scratch.path("b.gguf")))
    }

    /// The new file takes the old one's place only when it is whole.
    @Test func anExistingFileIsReplacedAtTheEnd() throws {
        let scratch = try TemporaryFolder()
        let output = try scratch.write(Data("precious".utf8), "out.gguf")
        let bad = try scratch.write(Data("GGUF".utf8), "bad.gguf")
        #expect(try Program.run(["convert", bad, output]).status == 1)
        #expect(try Data(contentsOf: URL(filePath: output)) == Data("precious".utf8))
        #expect(try Program.run(["convert", Stories.shipped, output]).status == 0)
        #expect(try Data(contentsOf: URL(filePath: output)).prefix(4) == Data("GGUF".utf8))
    }

    @Test func interruptingRemovesWhatWasWritten() throws {
        let scratch = try TemporaryFolder()
        let watch = try FolderWatch(scratch.url)
        let process = Process()
        process.executableURL = Program.url
        process.arguments = ["convert", Stories.shipped, scratch.path("out.gguf"), "--type", "q4_k"]
        process.standardOutput = FileHandle.nullDevice
        process.standardInput = FileHandle.nullDevice
        // The 37 notes of what falls back, which come before the writing, do not all fit: the signal finds the program there.
        let errors = try NarrowPipe(room: 200)
        errors.connect { process.standardError = $0 }
        try process.run()
        try errors.waitUntilWritten(by: process)
        Program.interrupt(process)
        let said = try errors.readToEnd()
        #expect(Program.wait(for: process) == 130, "\(said)")
        #expect(watch.createdCount() == 1, "\(said)")
        #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.url.path).isEmpty)
    }
}
