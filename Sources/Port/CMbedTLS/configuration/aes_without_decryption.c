// The half of AES that no suite of ours uses. The cipher layer's table refers to it, so that the linker would keep the
// library's own with its tables. Part of libmbedtls.a.
#include "mbedtls/aes.h"
#include "mbedtls/platform.h"

int mbedtls_aes_setkey_dec(mbedtls_aes_context *context, const unsigned char *key, unsigned int bit_count)
{
    (void) context, (void) key, (void) bit_count;
    return MBEDTLS_ERR_PLATFORM_FEATURE_UNSUPPORTED;
}

int mbedtls_internal_aes_decrypt(mbedtls_aes_context *context, const unsigned char input[16], unsigned char output[16])
{
    (void) context, (void) input, (void) output;
    return MBEDTLS_ERR_PLATFORM_FEATURE_UNSUPPORTED;
}
