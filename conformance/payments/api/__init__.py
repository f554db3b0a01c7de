"""Payment APIs and their callbacks: idempotency, errors, limits, amounts, pages, signatures, retries."""
