package io.warmstart.format;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.format.StagedName.Role;
import io.warmstart.testing.Seeds;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@ExtendWith(Seeds.class)
class StagedNameTest {
  private static final String OWNER = "0000002a-00000000deadbeef-ffffffffffffffff";
  private static final String NAME = "r1.json~payload~" + OWNER + "~000000000000000b";

  private static Owner randomOwner(Random random) {
    return new Owner(random.nextInt(), random.nextLong(), random.nextLong());
  }

  @Test
  void textIsRunIdRoleOwnerAndSequence() {
    StagedName name = new StagedName("r1.json", Role.PAYLOAD, new Owner(42, 0xdeadbeefL, -1L), 11);
    assertEquals(NAME, name.toText());
    assertEquals(name, StagedName.parse(NAME));
  }

  @Test
  void everyValidRunIdGivesANameThatIsSafeAndComesBack(Random random) {
    for (int i = 0; i < 5_000; i++) {
      String runId = RunIdsTest.randomRunId(random);
      Role role = List.of(Role.values()).get(random.nextInt(Role.values().length));
      StagedName name = new StagedName(runId, role, randomOwner(random), random.nextLong());
      String text = name.toText();
      assertTrue(text.length() <= 255, text);
      assertTrue(text.chars().allMatch(c -> c > ' ' && c <= '~' && c != '/'), text);
      assertFalse(text.contains(".tmp."), text);
      assertFalse(text.endsWith(".bin") || text.endsWith(".json"), text);
      assertEquals(name, StagedName.parse(text));
    }
  }

  @Test
  void theLongestRunIdFitsAFileName() {
    StagedName name = new StagedName("a".repeat(128), Role.MANIFEST, new Owner(-1, -1, -1), -1);
    assertEquals(197, name.toText().length());
    assertEquals(name, StagedName.parse(name.toText()));
  }

  @Test
  void anInvalidRunIdIsRefused() {
    assertThrows(
        IllegalArgumentException.class,
        () -> new StagedName("a/b", Role.PAYLOAD, new Owner(1, 1, 1), 1));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "~",
        "~~~",
        "r1",
        "r1~payload",
        "r1~payload~",
        "~payload~" + OWNER + "~000000000000000b",
        "r1~payload~" + OWNER + "~000000000000000",
        "r1~payload~" + OWNER + "~000000000000000B",
        "r1~payload~" + OWNER + "~000000000000000b0",
        "r1~payload~" + OWNER + "-000000000000000b",
        "r1~Payload~" + OWNER + "~000000000000000b",
        "r1~other~" + OWNER + "~000000000000000b",
        "r1~payload~0000002A-00000000deadbeef-ffffffffffffffff~000000000000000b",
        "r1~payload~0000002a_00000000deadbeef-ffffffffffffffff~000000000000000b",
        "r1~payload~0000002a-00000000deadbeef_ffffffffffffffff~000000000000000b",
        "r1~payload~0000002a-0000000xdeadbeef-ffffffffffffffff~000000000000000b",
        "r1~payload~0000002a-00000000deadbeef-fffffffffffffffg~000000000000000b",
        "../r1~payload~" + OWNER + "~000000000000000b",
        "r.tmp~payload~" + OWNER + "~000000000000000b"
      })
  void whatCannotHaveBeenWrittenIsNotParsed(String name) {
    assertNull(StagedName.parse(name));
  }

  @Test
  void aDamagedNameIsNotParsedOrComesBackAsItIs(Random random) {
    for (int i = 0; i < 20_000; i++) {
      StringBuilder damaged = new StringBuilder(NAME);
      damaged.setCharAt(random.nextInt(damaged.length()), (char) random.nextInt(300));
      if (random.nextInt(4) == 0) {
        damaged.setLength(random.nextInt(damaged.length()));
      }
      StagedName name = StagedName.parse(damaged.toString());
      if (name != null) {
        assertEquals(damaged.toString(), name.toText());
      }
    }
  }

  @Test
  void ownersWithExtremeFieldsComeBack() {
    for (Owner owner :
        new Owner[] {
          new Owner(0, 0, 0),
          new Owner(-1, Long.MIN_VALUE, Long.MAX_VALUE),
          new Owner(Integer.MAX_VALUE, -1, 1)
        }) {
      assertEquals(owner, Owner.parse(owner.toText()));
    }
    assertNull(Owner.parse(""));
    assertNull(Owner.parse(OWNER + "0"));
  }
}
