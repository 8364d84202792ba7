package io.warmstart.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;

/** What a command has found, in both forms. */
interface Answer {
  /** The form for people. */
  void writeText(Page page);

  /** The fields of the one JSON object; their names do not change. */
  void writeJson(JsonGenerator json) throws IOException;
}
