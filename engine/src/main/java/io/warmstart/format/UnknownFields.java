package io.warmstart.format;

import java.util.List;

/**
 * The fields of a manifest that this version has no name for: a later producer's, in their order.
 * Opaque, immutable, and written back value for value, digit for digit.
 */
public final class UnknownFields {
  /** No such fields. */
  public static final UnknownFields NONE = new UnknownFields(List.of());

  private final List<JsonValue.Member> members;

  private UnknownFields(List<JsonValue.Member> members) {
    this.members = members;
  }

  static UnknownFields of(List<JsonValue.Member> members) {
    return members.isEmpty() ? NONE : new UnknownFields(List.copyOf(members));
  }

  List<JsonValue.Member> members() {
    return members;
  }

  /** Returns the names in their order. */
  public List<String> names() {
    return members.stream().map(JsonValue.Member::name).toList();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof UnknownFields that && members.equals(that.members);
  }

  @Override
  public int hashCode() {
    return members.hashCode();
  }

  /** Returns the names; values are a stranger's and may be long. */
  @Override
  public String toString() {
    return names().toString();
  }
}
