package io.warmstart.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import io.warmstart.Entry;
import io.warmstart.model.EntryKind;
import io.warmstart.model.KeyContents;
import java.io.IOException;
import java.util.OptionalDouble;
import java.util.OptionalLong;

/** What every answer about an entry tells, under the same names. */
record EntryFacts(
    String runId,
    EntryKind kind,
    OptionalDouble objective,
    OptionalLong iteration,
    long payloadBytes,
    long writtenUnixSecs,
    int writtenNanos) {

  static EntryFacts of(Entry entry) {
    return new EntryFacts(
        entry.runId(),
        entry.kind(),
        entry.objective(),
        entry.iteration(),
        entry.payloadLength(),
        entry.writtenUnixSecs(),
        entry.writtenNanos());
  }

  static EntryFacts of(KeyContents.Listed entry) {
    return new EntryFacts(
        entry.runId(),
        entry.kind(),
        entry.objective(),
        entry.iteration(),
        entry.payloadBytes(),
        entry.writtenUnixSecs(),
        entry.writtenNanos());
  }

  /** The same fields of an entry of which no more than its run id is known. */
  static void writeUnknown(JsonGenerator json, String runId) throws IOException {
    json.writeStringField("run_id", runId);
    json.writeNullField("kind");
    json.writeNullField("objective");
    json.writeNullField("iteration");
    json.writeNullField("payload_bytes");
    Json.noMoment(json, "written");
  }

  void writeJson(JsonGenerator json) throws IOException {
    json.writeStringField("run_id", runId);
    json.writeStringField("kind", Quantities.word(kind));
    Json.objective(json, objective);
    Json.iteration(json, iteration);
    json.writeNumberField("payload_bytes", payloadBytes);
    Json.moment(json, "written", writtenUnixSecs, writtenNanos);
  }
}
