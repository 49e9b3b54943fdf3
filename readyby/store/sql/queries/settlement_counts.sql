select promise, count(*) as n from settlement group by promise order by promise;
