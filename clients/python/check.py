"""check.py BINARY: calls a running server as other languages do: grpcio with stubs made from the proto, and grpcurl."""

import importlib
import json
import pathlib
import re
import subprocess
import sys
import tempfile

import grpc
from grpc_tools import protoc

ROOT = pathlib.Path(__file__).parents[2]
ARTICLE = (ROOT / "examples" / "harbour.txt").read_text(encoding="utf8")


def stubs():
    folder = tempfile.mkdtemp()
    include = pathlib.Path(protoc.__file__).parent / "_proto"
    files = ["dateline/v1/extraction.proto", "google/rpc/status.proto"]
    code = protoc.main(["protoc", f"-I{ROOT / 'proto'}", f"-I{include}", f"--python_out={folder}",
                        f"--grpc_python_out={folder}", *files])
    assert code == 0, "protoc failed"
    # google.rpc must not hide the google package of protobuf itself.
    import google
    google.__path__.append(str(pathlib.Path(folder) / "google"))
    sys.path.insert(0, folder)
    return (importlib.import_module("dateline.v1.extraction_pb2"),
            importlib.import_module("dateline.v1.extraction_pb2_grpc"))


def check_python(address):
    messages, services = stubs()
    with grpc.insecure_channel(address) as channel:
        client = services.ExtractionServiceStub(channel)
        answer = client.Extract(messages.ExtractRequest(document={"document_id": "a", "text": ARTICLE}), timeout=60)
        found = answer.extraction
        spans = [m.span for e in found.entities for m in e.mentions] + [c for q in found.quotes for c in q.content]
        assert len(spans) > 30, len(spans)
        for span in spans:  # Python counts in code points, the default unit
            assert ARTICLE[span.begin_offset:span.end_offset] == span.text, span
        assert any(q.speaker.name == "Ingrid Solheim" for q in found.quotes)
        try:
            client.Extract(messages.ExtractRequest(document={"text": " "}))
            raise AssertionError("blank text was taken")
        except grpc.RpcError as error:
            assert error.code() == grpc.StatusCode.INVALID_ARGUMENT and "document.text" in error.details(), error


def check_grpcurl(address):
    def grpcurl(*arguments, given=None):
        done = subprocess.run(["grpcurl", "-plaintext", *(["-d", "@"] if given else []), address, *arguments],
                              input=given, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert "dateline.v1.ExtractionService" in grpcurl("list")
    request = json.dumps({"document": {"text": "Ann Lee left Oslo on Friday."}})
    answer = json.loads(grpcurl("dateline.v1.ExtractionService/ExtractEntities", given=request))
    assert {"Ann Lee", "Oslo", "Friday"} <= {e["name"] for e in answer["entities"]}, answer
    assert "SERVING" in grpcurl("grpc.health.v1.Health/Check")


def main():
    server = subprocess.Popen([sys.argv[1], "serve", "--listen", "127.0.0.1:0", "--log-format", "json"],
                              stderr=subprocess.PIPE, text=True)
    try:
        address = None
        for line in server.stderr:
            fields = json.loads(line)["fields"]
            address = fields.get("address", address)
            if fields["message"] == "serving":
                break
        assert address and re.fullmatch(r"127\.0\.0\.1:\d+", address), address
        check_python(address)
        check_grpcurl(address)
    finally:
        server.terminate()
    assert server.wait(timeout=60) == 0
    print("other clients: 2 passed, 0 failed")


if __name__ == "__main__":
    main()
