package io.warmstart;

import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;

/** Claims in a bucket. */
@EnabledIfEnvironmentVariable(
    named = BucketPlace.SERVER,
    matches = ".+",
    disabledReason = BucketPlace.MISSING)
class S3RemoteClaimTest extends RemoteClaimTest {
  @Override
  RemotePlace makePlace() throws Exception {
    return new BucketPlace();
  }
}
