package io.warmstart.cli;

import java.io.IOException;
import java.io.OutputStream;
import org.jspecify.annotations.Nullable;

/**
 * What a command says, as text or as JSON.
 *
 * <p>Standard output carries the answer or, after an error, nothing. Notes and errors go to
 * standard error, a line each; with {@code --json} each is an object with the one field {@code
 * note} or {@code error}.
 */
final class Output {
  private final Streams streams;
  private final boolean json;

  Output(Streams streams, boolean json) {
    this.streams = streams;
    this.json = json;
  }

  /** Gives the answer on standard output. */
  void answer(Answer answer) {
    write(streams.out(), "standard output", render(answer));
  }

  /** Gives the answer on standard error, since standard output carries a payload. */
  void answerBesidePayload(Answer answer) {
    write(streams.err(), "standard error", render(answer));
  }

  /** Writes to standard output as it is. */
  void raw(String text) {
    write(streams.out(), "standard output", text);
  }

  /** Says what the user should know, though the command goes on. */
  void note(String note) {
    complain(
        json
            ? Json.line(fields -> fields.writeStringField("note", note))
            : "note: " + Page.printable(note) + "\n");
  }

  /** Says why the command failed. */
  void error(Failure failure) {
    complain(
        json
            ? Json.line(
                fields -> {
                  fields.writeObjectFieldStart("error");
                  fields.writeStringField("type", failure.type());
                  fields.writeNumberField("exit_code", failure.exitCode());
                  fields.writeStringField("message", failure.message());
                  fields.writeEndObject();
                })
            : "warmstart: " + Page.printable(failure.message()) + "\n");
  }

  /** The form asked for, with its line end. */
  private String render(Answer answer) {
    if (json) {
      return Json.line(answer::writeJson);
    }
    Page page = new Page();
    answer.writeText(page);
    return page.toString();
  }

  private void write(OutputStream stream, String name, String text) {
    @Nullable IOException failure = tryWrite(stream, text);
    if (failure != null) {
      throw new CommandFailedException(
          "cannot write " + name + ": " + Failure.reason(failure), failure);
    }
  }

  /** When standard error is gone there is nobody left to tell; the exit code still does. */
  private void complain(String text) {
    tryWrite(streams.err(), text);
  }

  private @Nullable IOException tryWrite(OutputStream stream, String text) {
    try {
      stream.write(text.getBytes(streams.charset()));
      stream.flush();
      return null;
    } catch (IOException e) {
      return e;
    }
  }
}
