package io.warmstart;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;

/** Processes that die while they send to a bucket. */
@Tag("slow")
@EnabledIfEnvironmentVariable(
    named = BucketPlace.SERVER,
    matches = ".+",
    disabledReason = BucketPlace.MISSING)
class S3RemoteDeathTest extends RemoteDeathTest {
  @Override
  RemotePlace makePlace() throws Exception {
    return new BucketPlace();
  }
}
