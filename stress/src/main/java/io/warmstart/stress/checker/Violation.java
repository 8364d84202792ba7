package io.warmstart.stress.checker;

import io.warmstart.stress.history.Operation;
import io.warmstart.stress.history.Version;
import java.util.List;

/**
 * An answer that no order of the operations explains.
 *
 * @param key the key's number
 * @param what one line: which answer, and what could have been there instead
 */
public record Violation(int key, String what) {
  static Violation of(int key, Operation operation, List<Contents> possible) {
    StringBuilder what = new StringBuilder();
    what.append("key ").append(key).append(": worker ").append(operation.worker());
    what.append(' ').append(operation.kind());
    what.append(" answered ").append(Version.text(operation.version()));
    what.append(" between ").append(operation.invoked());
    what.append(" and ").append(operation.responded());
    what.append("; possible contents before it: ");
    int shown = 0;
    for (Contents contents : possible) {
      if (shown++ == 4) {
        what.append(" and ").append(possible.size() - 4).append(" more");
        break;
      }
      what.append('{');
      for (int i = 0; i < Math.min(contents.size(), 12); i++) {
        what.append(i == 0 ? "" : " ").append(Version.text(contents.version(i)));
      }
      what.append(contents.size() > 12 ? " and " + (contents.size() - 12) + " more}" : "}");
    }
    return new Violation(key, what.toString());
  }

  @Override
  public String toString() {
    return what;
  }
}
