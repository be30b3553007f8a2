"""The programme: earning, tiers, discounts, promotions, coupons."""
