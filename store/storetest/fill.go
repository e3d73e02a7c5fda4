package storetest

import (
	"fmt"
	"reflect"
	"time"
)

// fill sets every exported field of what v points to, and of what it holds, to
// a value that is not zero and unlike the others: a field that is added to the
// domain and forgotten in the store is found. Moments are in another zone.
func fill(v any, seed int) {
	n := seed
	fillValue(reflect.ValueOf(v).Elem(), &n)
}

var (
	moment = reflect.TypeFor[time.Time]()
	east   = time.FixedZone("east", 5*3600+1800)
)

func fillValue(v reflect.Value, n *int) {
	*n++
	switch v.Kind() {
	case reflect.String:
		v.SetString(fmt.Sprintf("text %d", *n))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(int64(*n) * 1000)
	case reflect.Float64:
		v.SetFloat(float64(*n) + 1.0/3)
	case reflect.Interface:
		v.Set(reflect.ValueOf(fmt.Sprintf("any %d", *n)))
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fillValue(v.Elem(), n)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range v.Len() {
			fillValue(v.Index(i), n)
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		for range 2 {
			key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
			fillValue(key, n)
			fillValue(value, n)
			v.SetMapIndex(key, value)
		}
	case reflect.Struct:
		if v.Type() == moment {
			v.Set(reflect.ValueOf(now.Add(time.Duration(*n) * 1001 * time.Microsecond).In(east)))
			return
		}
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				fillValue(v.Field(i), n)
			}
		}
	default:
		panic("storetest: cannot fill " + v.Type().String())
	}
}
