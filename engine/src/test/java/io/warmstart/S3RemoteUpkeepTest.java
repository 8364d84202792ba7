package io.warmstart;

import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;

/** What is done to a bucket that belongs to no root. */
@EnabledIfEnvironmentVariable(
    named = BucketPlace.SERVER,
    matches = ".+",
    disabledReason = BucketPlace.MISSING)
class S3RemoteUpkeepTest extends RemoteUpkeepTest {
  @Override
  RemotePlace makePlace() throws Exception {
    return new BucketPlace();
  }
}
